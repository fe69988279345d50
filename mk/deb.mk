# SPDX-License-Identifier: MIT
# A Debian package: what `make install` installs, the guest kernel, and the service.

DEB_ROOT := build/deb/root

.PHONY: deb
deb: ## build/program-explorer_VERSION_ARCH.deb, with the guest kernel and the service
	@scripts/setup run deb
	@$(MAKE) -s all
	@$(MAKE) -s kernel >/dev/null
	@rm -rf $(DEB_ROOT)
	@$(MAKE) -s install DESTDIR=$(DEB_ROOT) PREFIX=/usr
	@packaging/debian/build $(DEB_ROOT) $(CACHE)/kernel/current build

.PHONY: test-deb
test-deb: deb ## install the package into a Debian of its own, boot that, and use it (root, network)
	@scripts/setup fresh
	@$(MAKE) -s images IMAGES=shell
	@tests/deb/run
