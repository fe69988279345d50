# SPDX-License-Identifier: MIT
# A fuzzer is fuzz/fuzz_NAME.c, built with libFuzzer and the sanitizers. What it starts from lies in
# fuzz/corpus/NAME, what once crashed it in fuzz/regression/NAME; both are replayed by every `make test`.

FUZZ         ?= $(patsubst fuzz/fuzz_%.c,%,$(wildcard fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 5
FUZZ_CC      ?= clang

FUZZ_FLAGS := $(BASE_FLAGS) -Wall -Wextra -Werror -O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_LIB := $(LIB_SRC:%.c=build/fuzz/%.o) build/fuzz/gen/jail-filter.o
FUZZERS  := $(FUZZ:%=build/fuzz/%)

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

build/fuzz/gen/%.o: build/gen/%.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_FLAGS) -c -o $@ $<

build/fuzz/libpe.a: $(FUZZ_LIB)
	@rm -f $@
	ar rcs $@ $^

$(FUZZERS): build/fuzz/%: build/fuzz/fuzz/fuzz_%.o build/fuzz/libpe.a
	$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -Wl,--as-needed -o $@ $^ $(LIBS) $(HTTP_LIBS)

.PHONY: fuzzers
fuzzers: $(FUZZERS)

.PHONY: test-fuzz
test-fuzz: setup-test ## replay what is known, then fuzz each parser for FUZZ_SECONDS=5
	@$(MAKE) -s fuzzers
	@scripts/fuzz $(FUZZ_SECONDS) $(FUZZ)

.PHONY: fuzz
fuzz: ## look for new crashes (FUZZ=bundle FUZZ_SECONDS=3600)
	@$(MAKE) test-fuzz FUZZ_SECONDS=$(if $(filter file,$(origin FUZZ_SECONDS)),300,$(FUZZ_SECONDS))

-include $(FUZZ_LIB:.o=.d) $(FUZZ:%=build/fuzz/fuzz/fuzz_%.d)
