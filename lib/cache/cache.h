/* SPDX-License-Identifier: MIT */
/*
 * Finished runs, by the key of their jobs: in memory, and below it on disk (results.db in the state
 * directory), each bounded in bytes. What is on disk survives a restart, and a kill of the process.
 *
 * Not every outcome is worth keeping (cache_policy()): what the program did is; what the machine's
 * load may have caused is only for a moment; what was our failure never.
 *
 * Threads: any. cache_peek() takes microseconds and never waits for a disk: for an event loop.
 * cache_get() may read from disk. cache_put() writes to it (0.1 ms; the disk itself is waited for
 * by a thread of the cache's own).
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "entry.h"

struct cache;

enum cache_policy {
	CACHE_NEVER, /* lost, rejected */
	CACHE_BRIEF, /* timeout: in memory, for CACHE_BRIEF_S */
	CACHE_KEEP,  /* all others */
};

enum { CACHE_BRIEF_S = 60 };

enum cache_policy cache_policy(enum result_outcome outcome);

enum cache_tier {
	CACHE_MISS,
	CACHE_MEMORY,
	CACHE_DISK,
	CACHE_TIERS,
};

struct cache_setup {
	const char *dir;                   /* exists; NULL: nothing on disk */
	uint64_t memory_bytes, disk_bytes; /* disk_bytes 0: nothing on disk */
	/* Told of damage and of a disk that fails or works again. May be NULL; from any thread. */
	void (*notice)(void *ctx, const char *text);
	void *ctx;
	uint64_t (*now_us)(void); /* NULL: CLOCK_MONOTONIC */
	int64_t (*wall_s)(void);  /* NULL: CLOCK_REALTIME */
};

struct cache_stats {
	uint64_t lookups[CACHE_TIERS]; /* by where it was found */
	uint64_t memory_entries, memory_bytes, memory_evicted;
	uint64_t disk_entries, disk_bytes, disk_evicted;
	uint64_t disk_errors, damaged; /* failed reads and writes; files or records set aside */
};

int cache_open(const struct cache_setup *setup, struct cache **ret, struct error *err);
void cache_close(struct cache *c);

/* The entry of @key in memory, with one more owner (the caller), or NULL. */
struct entry *cache_peek(struct cache *c, const char *key);

/* The same, from disk too; what was on disk comes into memory. @ret_tier may be NULL. A disk that
 * fails is a miss. */
struct entry *cache_get(struct cache *c, const char *key, enum cache_tier *ret_tier);

/*
 * Keeps @e as its outcome's policy says, in place of what has the same key. 0 also when the policy
 * is not to. -errno when it could not be written to disk (-ENOSPC: no room); it is in memory even
 * so.
 */
int cache_put(struct cache *c, struct entry *e);

void cache_stats(struct cache *c, struct cache_stats *ret);
