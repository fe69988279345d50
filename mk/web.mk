# SPDX-License-Identifier: MIT
# The web page inside pe: web/ is built by scripts/web (node, npm) and becomes a table of assets (lib/page/assets.h).
# WEB=no leaves it out.

WEB     ?= yes
WEB_SRC := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -name '*.md')

# Rebuilt when WEB changes its mind, too.
build/web/want-$(WEB):
	@mkdir -p $(@D); rm -f build/web/want-*; touch $@

build/gen/page-assets.S: $(WEB_SRC) scripts/web build/web/want-$(WEB)
	@WEB=$(WEB) scripts/web embed
	@touch $@

$(O)/gen/page-assets.o: build/gen/page-assets.S
	@mkdir -p $(@D)
	$(CC) -c -o $@ $<

.PHONY: page
page: build/gen/page-assets.S ## build the web page alone (build/web/dist)

.PHONY: test-page
test-page: ## the page's logic (Vitest)
	@scripts/setup run
	@scripts/web modules
	@scripts/test-page

# What the browser's tests draw, beside the images that all tests use.
BROWSER_IMAGES := graphviz openscad

# Each viewer by itself, for tests/browser/viewers.test.mjs.
build/test/viewers-page/viewers.html: $(WEB_SRC)
	@scripts/web modules
	@cd web && node node_modules/vite/bin/vite.js build --config dev/viewers.config.ts --outDir ../../build/test/viewers-page

.PHONY: test-browser
test-browser: guest build/test/viewers-page/viewers.html ## the page in Chromium, against the real server and real VMs
	@build/pe image build $(BROWSER_IMAGES) >/dev/null
	@scripts/web modules
	@node tests/browser/run.mjs

.PHONY: screenshots
screenshots: guest ## make the pictures of README.md and doc/ anew
	@build/pe image build $(BROWSER_IMAGES) >/dev/null
	@scripts/web modules
	@node web/tools/screenshots.mjs
