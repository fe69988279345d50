# SPDX-License-Identifier: MIT
# Program Explorer: `make help` says what there is. Sources are globbed; a new file costs no edit here.

# No built-in rules: they would compile kernel/measure out of a measure.c.
MAKEFLAGS += -rR

SAN     ?=
CC      := $(if $(filter default undefined,$(origin CC)),gcc,$(CC))
comma   := ,
O       := build$(if $(SAN),/san-$(subst $(comma),-,$(SAN)))$(if $(filter clang%,$(notdir $(CC))),/clang)
MUSL_CC ?= musl-gcc

CACHE   := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/program-explorer

WARN := -Wall -Wextra -Werror -Wshadow -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wconversion -Wswitch-enum -Wnull-dereference
WARN_GCC := -Wimplicit-fallthrough=5 -Wlogical-op -Wduplicated-cond
# As gcc: a format that came with a va_list was checked at the call.
WARN_CLANG := -Wno-format-nonliteral
IS_CLANG := $(findstring clang,$(notdir $(CC)))

BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE -O2 -g -Ilib -fno-common -fvisibility=hidden -MMD -MP
HARDEN := -fstack-protector-strong -fstack-clash-protection $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SAN_FLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CFLAGS_ALL = $(BASE_FLAGS) $(WARN) $(if $(IS_CLANG),$(WARN_CLANG),$(WARN_GCC)) $(HARDEN) -fPIE $(SAN_FLAGS) $(CFLAGS)
LDFLAGS_ALL := -Wl,-z,relro,-z,now -Wl,--as-needed $(SAN_FLAGS) $(LDFLAGS)
STATIC := $(if $(SAN),-pie,-static-pie)
HTTP_LIBS := -lmicrohttpd -lz -lpthread
LIBS := -lcyaml -lyaml -ljansson -lsqlite3 -lm -lcrypto -lzstd -lz

# The guest's init: static, small, without a libc that locks or allocates behind our back.
INIT_FLAGS := -std=gnu17 -D_GNU_SOURCE -Os -g -Ilib -Ibin -fno-common -fvisibility=hidden -MMD -MP $(WARN) $(WARN_GCC) \
	-fno-stack-protector -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
	-idirafter /usr/include -idirafter /usr/include/$(shell uname -m)-linux-gnu
INIT_LDFLAGS := -static -Wl,--gc-sections -Wl,--sort-section=name -Wl,-z,noseparate-code -Wl,--build-id=none

LIB_SRC  := $(filter-out $(wildcard lib/*/test_*.c),$(wildcard lib/*/*.c))
TEST_DIRS ?= *
TEST_SRC := $(wildcard $(patsubst %,lib/%/test_*.c,$(subst $(comma), ,$(TEST_DIRS))))
PE_SRC   := $(wildcard bin/pe/*.c)
SERVE_SRC := $(wildcard bin/serve/*.c) bin/pe/options.c bin/pe/settings.c bin/pe/serve-command.c
INIT_SRC := $(wildcard bin/init/*.[cS]) $(filter-out $(wildcard lib/*/test_*.c),$(wildcard lib/base/*.c lib/bundle/*.c)) lib/sys/io.c

LIB_OBJ  := $(LIB_SRC:%.c=$(O)/%.o) $(O)/gen/jail-filter.o $(O)/gen/page-assets.o $(O)/lib/serve/openapi.o
PE_OBJ   := $(PE_SRC:%.c=$(O)/%.o) $(O)/init-image.o
SERVE_OBJ := $(SERVE_SRC:%.c=$(O)/%.o) $(O)/init-image.o
TESTS    := $(patsubst %.c,$(O)/%,$(TEST_SRC))
INIT_OBJ := $(patsubst %,build/guest/%.o,$(basename $(INIT_SRC)))

.PHONY: all
all: $(O)/pe $(O)/pe-serve ## build everything (build/pe, build/pe-serve)

$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

# The jail's seccomp filters are tables of BPF, made once, here.
build/mkfilter: bin/mkfilter/mkfilter.c bin/mkfilter/rules.inc
	@mkdir -p $(@D)
	gcc -std=gnu17 -D_GNU_SOURCE -O1 -Ibin/mkfilter $(WARN) -Wno-missing-field-initializers -o $@ $< -lseccomp

build/gen/jail-filter.c: build/mkfilter
	@mkdir -p $(@D)
	build/mkfilter > $@.tmp
	mv $@.tmp $@

$(O)/gen/jail-filter.o: build/gen/jail-filter.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

# Between fork and exec under hard limits there is no room for a sanitizer's shadow memory.
$(O)/lib/jail/keeper.o: SAN_FLAGS :=

$(O)/lib/serve/openapi.o: lib/serve/openapi.S doc/openapi.json
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

$(O)/libpe.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

# Static: relocating libcrypto at every start would cost 0.75 ms, more than all else that pe does before the jail. The
# linker warns of name look-ups in libcrypto that pe never makes.
$(O)/pe: $(PE_OBJ) $(O)/libpe.a
	$(CC) $(STATIC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) 2>$@.warnings || { cat $@.warnings >&2; exit 1; }

# What serves HTTP is dynamic: libmicrohttpd wants libgnutls, and that libp11-kit, of which there is no static library.
# pe itself stays without them: loading and relocating them costs each start some ten milliseconds.
$(O)/pe-serve: $(SERVE_OBJ) $(O)/libpe.a
	$(CC) -pie $(LDFLAGS_ALL) -o $@ $^ $(LIBS) $(HTTP_LIBS)

build/guest/%.o: %.c
	@mkdir -p $(@D)
	$(MUSL_CC) $(INIT_FLAGS) -c -o $@ $<

build/guest/%.o: %.S
	@mkdir -p $(@D)
	$(MUSL_CC) -c -o $@ $<

build/init: $(INIT_OBJ)
	$(MUSL_CC) $(INIT_LDFLAGS) -o $@.debug $^
	strip -s -o $@ $@.debug

# pe carries its guest init: one file to install, and the two can never be of different versions.
$(O)/init-image.o: build/init bin/pe/init-image.S
	@mkdir -p $(@D)
	$(CC) -c -DINIT_IMAGE='"build/init"' -o $@ bin/pe/init-image.S

$(TESTS): $(O)/%: $(O)/%.o $(O)/libpe.a
	$(CC) -pie $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(LIBS) $(HTTP_LIBS)

-include $(LIB_OBJ:.o=.d) $(PE_OBJ:.o=.d) $(SERVE_OBJ:.o=.d) $(INIT_OBJ:.o=.d) $(TESTS:=.d)

-include mk/*.mk
