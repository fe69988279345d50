# SPDX-License-Identifier: MIT
# What goes where on a system. The guest kernel and the images are made by who uses them, into a cache.

PREFIX  ?= /usr/local
DESTDIR ?=
INSTALL ?= install
DATADIR := $(DESTDIR)$(PREFIX)/share

build/pe.1: build/pe
	@build/pe help --format man >$@.new && mv $@.new $@

.PHONY: install
install: all build/pe.1 ## put pe, its manual, completion and catalog under PREFIX (/usr/local)
	$(INSTALL) -D -m 755 build/pe $(DESTDIR)$(PREFIX)/bin/pe
	$(INSTALL) -D -m 755 build/pe-serve $(DESTDIR)$(PREFIX)/bin/pe-serve
	$(INSTALL) -D -m 644 build/pe.1 $(DATADIR)/man/man1/pe.1
	$(INSTALL) -D -m 644 packaging/completion.bash $(DATADIR)/bash-completion/completions/pe
	$(INSTALL) -D -m 644 packaging/completion.zsh $(DATADIR)/zsh/site-functions/_pe
	$(INSTALL) -d $(DATADIR)/program-explorer/catalog
	cp -RL catalog/. $(DATADIR)/program-explorer/catalog/
