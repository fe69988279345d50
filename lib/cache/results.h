/* SPDX-License-Identifier: MIT */
/*
 * Results on disk: records by key in one SQLite file, bounded in bytes, the longest unused go
 * first. A put that returned 0 survives the death of the process (not always that of the machine;
 * the file stays whole). The file can be made again, so a damaged one is set aside and a new one
 * begun.
 *
 * Threads: any. Readers do not wait for writers.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct results;

struct results_setup {
	const char *path;
	uint64_t max_bytes;
	int64_t (*now_s)(void); /* wall clock */
	/* Something a person should know happened while nobody could be given an error. May be
	 * NULL; any thread. */
	void (*notice)(void *ctx, const char *text);
	void *ctx;
};

struct results_stats {
	uint64_t entries, bytes, evicted, damaged;
};

int results_open(const struct results_setup *setup, struct results **ret, struct error *err);
void results_close(struct results *r);

/* Appends the record to @to. -ENOENT; see db.h for the rest. */
int results_get(struct results *r, const char *key, struct buf *to);

/* Replaces what has this key. -EFBIG when it is more than an eighth of max_bytes. */
int results_put(struct results *r, const char *key, struct span record);

int results_remove(struct results *r, const char *key);

/* Says that these were used. */
int results_touch(struct results *r, const char *const *keys, size_t n);

/* What takes time: moves the log into the file. To be called now and then, by a thread that may
 * wait. */
int results_tend(struct results *r);

void results_stats(struct results *r, struct results_stats *ret);
