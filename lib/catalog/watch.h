/* SPDX-License-Identifier: MIT */
/*
 * A catalog that follows its files, for a server.
 *
 * Theory of operation: catalog_watch_poll() looks at names, sizes and times of the catalog's files,
 * and at the names and digests of the store's images; nothing is done while they stay the same.
 * When something changed, all of it is read again into a new view, which takes the place of the old
 * one as a whole. When the files are not right, the old view stays, and the complaint is told once
 * for each state of the files. Views are counted: whoever holds one may use it while another one is
 * current.
 */
#pragma once

#include <stdint.h>

#include "catalog.h"

struct catalog_watch;

/* A state of the catalog. Nothing in it changes. */
struct catalog_view {
	struct catalog *catalog;
	struct image **images; /* that there were, with descriptors closed */
	size_t n_images;
	char *json; /* catalog_json() as text */
	size_t json_n;
	uint64_t serial; /* another one for each view of a watch */
};

typedef void catalog_say_fn(void *ctx, const char *text);

/*
 * Reads the catalog in @dir (as for catalog_path()) and the images of @store, NULL for none. An
 * error when the catalog is not right. What is wrong later, or with an image's label, goes to @say,
 * in the thread that polls. Caller frees *@ret with catalog_watch_free().
 */
int catalog_watch_new(const char *dir, const char *store, catalog_say_fn *say, void *ctx,
	struct catalog_watch **ret, struct error *err);

/* Looks for changes; once in a second or two is often enough. True when there is a new view. One
 * thread at a time. */
bool catalog_watch_poll(struct catalog_watch *w);

/* The current view; any thread. Give it back with catalog_view_unref(). */
struct catalog_view *catalog_watch_view(struct catalog_watch *w);
void catalog_view_unref(struct catalog_view *v); /* NULL is fine */
void catalog_view_unrefp(struct catalog_view **v);

/* Views that are still held stay. NULL is fine. */
void catalog_watch_free(struct catalog_watch *w);
void catalog_watch_freep(struct catalog_watch **w);
