# SPDX-License-Identifier: MIT
# Quick checks look at every file each time (scripts/lint). The deep ones, gcc's analyzer, clang-tidy and shellcheck,
# leave a stamp for each file, so that what did not change is not looked at again.

LINT_C  := $(wildcard lib/*/*.c bin/*/*.c fuzz/*.c)
LINT_SH := $(shell grep -lIs '^\#!/bin/bash' scripts/* kernel/* bench/* tests/* tests/*/* .ci/* packaging/*)
LINT_STD = -std=gnu17 -D_GNU_SOURCE -Ilib -Ibin $(if $(filter lib/base/error.c bin/init/%,$<),,-include mk/analyzers.h)

# The guest's init is written against musl.
LINT_CC = $(if $(filter bin/init/%,$<),$(MUSL_CC) $(INIT_FLAGS),gcc $(BASE_FLAGS) $(WARN) $(WARN_GCC)) $(LINT_STD) \
	-Wno-missing-field-initializers -MF $(@:.analyzer=.d) -MT $@ -MT $(@:.analyzer=.tidy)

# gcc 12 takes memory for lost that was stored through a pointer the function was given; leaks are LeakSanitizer's.
ANALYZER := -fanalyzer -Wno-analyzer-malloc-leak

LINT_STAMPS := $(foreach tool,analyzer tidy,$(LINT_C:%.c=build/lint/%.$(tool))) $(LINT_SH:%=build/lint/%.shell)

build/lint/%.analyzer: %.c mk/analyzers.h
	@mkdir -p $(@D); rm -f $@
	@$(LINT_CC) $(ANALYZER) -S -o $(@:.analyzer=.s) $<
	@touch $@

# The analyzer does not know that a failed assertion of a test does not come back.
TIDY_BUT = $(if $(findstring /test_,$<),--checks=-clang-analyzer-core.*)

build/lint/%.tidy: %.c .clang-tidy mk/analyzers.h
	@mkdir -p $(@D); rm -f $@
	@clang-tidy --quiet $(TIDY_BUT) $< -- $(LINT_STD) 2>$@.log || { cat $@.log; false; }
	@touch $@

build/lint/%.shell: %
	@mkdir -p $(@D); rm -f $@
	@shellcheck -x $<
	@touch $@

.PHONY: lint-deep lint-names
lint-deep: $(LINT_STAMPS)

lint-names:
	@echo $(LINT_STAMPS)

.PHONY: lint test-lint
lint: test-lint ## style, stacking, analyzers (what did not change is not checked again)

test-lint: setup-test
	+@MAKE='$(MAKE)' scripts/lint

.PHONY: fmt
fmt: ## put all C code into the shape that lint asks for
	@clang-format -i $$(git ls-files -co --exclude-standard "*.c" "*.h")

-include $(LINT_C:%.c=build/lint/%.d)
