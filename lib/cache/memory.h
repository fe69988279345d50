/* SPDX-License-Identifier: MIT */
/*
 * Entries in memory, bounded in bytes; the longest unused go first.
 *
 * Threads: any; one lock, held for a look-up. Time is a parameter, in microseconds of a clock that
 * does not jump.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"

struct memory;

struct memory_stats {
	uint64_t entries, bytes, evicted;
};

struct memory *memory_new(uint64_t max_bytes); /* NULL without memory */
void memory_free(struct memory *m);

/* The entry, with one more owner: the caller. NULL when there is none or its time is over. */
struct entry *memory_get(struct memory *m, const char *key, uint64_t now_us);

/* Becomes an owner of @e, which replaces what has its key; an entry larger than an eighth of all is
 * not kept.
 * @until_us: when it is forgotten, 0 for never. */
void memory_put(struct memory *m, struct entry *e, uint64_t until_us);

/* The up to @max keys that were used since they were asked for last. Returns how many. */
size_t memory_used(struct memory *m, char (*ret)[KEY_SIZE], size_t max);

void memory_stats(struct memory *m, struct memory_stats *ret);
