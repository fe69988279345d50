# SPDX-License-Identifier: MIT
# The front door: what a person types first.

# All CPUs, unless told otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --no-print-directory
endif

# The starter set: what a person sees first, and the tests run in.
STARTER := shell gcc python3 graphviz

# What `make images` builds: all of the catalog, unless told otherwise.
IMAGES ?= --all

# Where the service listens; SERVE=no only shows a first run.
PORT  ?= 8080
SERVE ?= yes

.PHONY: run
run: ## build all, run a first program in a VM, then serve on 127.0.0.1:8080 (PORT=..., SERVE=no)
	@scripts/setup run
	@echo 'building pe'
	@$(MAKE) -s all
	@$(MAKE) -s kernel >/dev/null
	@$(MAKE) -s images IMAGES='$(STARTER)'
	@scripts/demo
	@[ '$(SERVE)' = no ] || exec build/pe serve --listen 127.0.0.1:$(PORT)

.PHONY: kernel
kernel: setup-run ## build the guest kernel (kept in the cache) and say where it is
	@unset MAKEFLAGS MAKELEVEL MFLAGS; kernel/build

.PHONY: images
images: setup-run ## build all images of the catalog, or those named in IMAGES (kept in the cache)
	@$(MAKE) all
	@build/pe image build $(IMAGES)

.PHONY: bench
bench: ## measure against native, crun, gVisor and QEMU; and from a key press to new output in the page
	@scripts/setup run bench
	@$(MAKE) all
	@$(MAKE) -s kernel >/dev/null
	@$(MAKE) -s images IMAGES='$(STARTER)'
	@bench/run $(BENCH)
	@echo
	@bench/store
	@scripts/web modules
	@node bench/page/run.mjs

# Fast when nothing is missing, so everything may ask for it.
.PHONY: setup-run setup-test
setup-run:
	@scripts/setup run

setup-test:
	@scripts/setup run test

.PHONY: clean
clean: ## remove build/ (the caches of kernel and images stay)
	rm -rf build

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' \
		$(filter %.mk Makefile,$(MAKEFILE_LIST)) | sort
	@echo
	@echo '  SAN=address,undefined  build with sanitizers, in build/san-...'
	@echo '  CC=clang               build with clang, in build/clang'
