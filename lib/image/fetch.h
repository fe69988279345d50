/* SPDX-License-Identifier: MIT */
/*
 * Images of registries are fetched by skopeo, into an OCI layout below the store's fetch/.
 *
 * The layout has a directory of its own for every reference, locked while it is in use, and goes
 * away once its image is in the store. When a fetch fails, what did arrive stays: the next one goes
 * on with the layers that are missing. gc takes away what nobody comes back for.
 */
#pragma once

#include "base/error.h"
#include "tool/tool.h"

struct fetch_options {
	const char *platform; /* NULL: this machine's */
	const char *authfile; /* NULL: where skopeo looks */
	bool insecure;        /* http, or certificates that nobody vouches for */
};

struct fetch {
	char *dir; /* the layout */
	int lock_fd;
};

/* @reference is what stands behind docker://. Blocks until all is there. */
int fetch_image(const char *store, const char *reference, const struct fetch_options *o,
	const struct tool_watch *watch, struct fetch *ret, struct error *err);

/* Removes the layout: its image is in the store. */
void fetch_remove(struct fetch *f);

void fetch_done(struct fetch *f); /* the layout stays */

/* Removes all layouts that nobody is using. Bytes that this gave back. */
uint64_t fetch_sweep(const char *store);
