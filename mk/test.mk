# SPDX-License-Identifier: MIT
# Tests come in parts; each runs alone, and `make test` runs them all. Whatever a part does, its last line says
# "N passed, N failed, N skipped", and scripts/test-all adds these up.

PARTS ?= lint unit page fuzz run image attack fault serve browser

.PHONY: test
test: setup-test ## run all tests (or PARTS="unit run")
	+@MAKE='$(MAKE)' scripts/test-all $(PARTS)

SANITIZED := SAN=address,undefined

# What has threads is looked at by their sanitizer too.
THREADED := cache,catalog,http,metrics,queue,serve,unpack

.PHONY: test-unit
test-unit: setup-test ## unit tests with sanitizers; gcc and clang compile all of it
	+@MAKE='$(MAKE)' scripts/test-unit \
		'gcc, address and undefined' '$(SANITIZED)' \
		'gcc, thread' 'SAN=thread TEST_DIRS=$(THREADED)' \
		'gcc' '' \
		'clang' 'CC=clang'

# What scripts/test-unit asks for in each flavour: the programs, and the names of the tests.
.PHONY: unit-programs unit-names
unit-programs: $(if $(filter *,$(TEST_DIRS)),all) $(TESTS)

unit-names:
	@echo $(TESTS)

.PHONY: test-run
test-run: guest ## programs in real VMs, seen from outside
	@tests/driver.py run

.PHONY: test-image
test-image: guest ## the store of images: layers, registries, kill -9, full disks
	@tests/driver.py images

.PHONY: soak-images
soak-images: guest ## PE_SOAK_RUNS=3000 runs in an image while others write into its store
	@PE_SOAK_RUNS=$(or $(PE_SOAK_RUNS),3000) tests/driver.py -k Together images

.PHONY: test-attack
test-attack: guest ## hostile programs in real VMs
	@tests/driver.py attack

.PHONY: test-fault
test-fault: guest ## what happens when something of ours fails
	@tests/driver.py fault

.PHONY: test-serve
test-serve: guest ## the service, over real sockets
	@tests/driver.py serve

SOAK_SECONDS ?= 600

.PHONY: soak
soak: guest ## the service under load for SOAK_SECONDS=600: no error, flat memory and descriptors
	@tests/soak $(SOAK_SECONDS)

# All that a VM needs. Quiet when it is there.
.PHONY: guest
guest: setup-test
	@$(MAKE) -s all
	@$(MAKE) -s kernel >/dev/null
	@$(MAKE) -s images IMAGES='$(STARTER)' >/dev/null

.PHONY: test-images
test-images: guest ## build all images, run every example of every program and look at what it made
	@$(MAKE) -s images
	@build/pe image test --all

.PHONY: test-fresh
test-fresh: ## prove `make run` and `make test` in a bare Debian (root; FRESH_TEST="unit run", KEEP=1)
	@scripts/setup fresh
	@FRESH_TEST='$(FRESH_TEST)' KEEP='$(KEEP)' FRESH_TREE='$(FRESH_TREE)' tests/fresh/run

.PHONY: soak-fork
soak-fork: guest ## clones for hours: rows, crowds, kills, stress-ng (SOAK_SECONDS=600 SOAK_CLONES=10000 SOAK_CROWD=500)
	@tests/driver.py clones
