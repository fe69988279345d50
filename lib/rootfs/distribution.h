/* SPDX-License-Identifier: MIT */
/* The distribution that this machine runs, and where it gets its packages: images are made from the
 * same. */
#pragma once

#include "base/error.h"
#include "base/strv.h"

struct distribution {
	char *id;       /* "debian" */
	char *codename; /* "bookworm" */
};

/* From an os-release(5) file. -ENOENT names the line that is missing. */
int distribution_read(struct distribution *d, const char *path, struct error *err);
void distribution_done(struct distribution *d);

/* What apt-get indextargets has to print for sources_parse(). */
#define SOURCES_FORMAT "$(REPO_URI) $(RELEASE) $(COMPONENT) $(CODENAME) $(ORIGIN)"

/*
 * Adds "deb URI RELEASE COMPONENT" for each archive of @d among the @text lines, none twice: its
 * release, updates and security, not backports, and not what others offer for it. Unknown columns
 * stay as they are in the format; then the release's name decides, and the component must be
 * "main". -ENOMEM.
 */
int sources_parse(const struct distribution *d, struct span text, struct strv *sources);

/*
 * Adds a line of apt.conf(5) for each proxy that is set among the @text lines of `apt-config dump
 * --format PROXIES_FORMAT`. -ENOMEM.
 */
#define PROXIES_FORMAT "%f \"%v\"%n"
int proxies_parse(struct span text, struct strv *proxies);
