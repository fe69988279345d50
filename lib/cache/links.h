/* SPDX-License-Identifier: MIT */
/*
 * Short links: a person's whole state under an id that nobody can guess (96 random bits in 16
 * characters). The same state has one link. They are precious: what links_put() acknowledged
 * survives the death of the process and of the machine, a damaged file is refused and left as it
 * is, and nothing is evicted: a full store says so.
 *
 * Threads: any. links_put() waits for the disk (milliseconds); links_get() reads (microseconds,
 * when cached by the kernel) and waits for no writer.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct links;

enum {
	LINK_ID_SIZE = 17,
	LINK_STATE_MAX = 1 << 20,
};

struct links_setup {
	const char *path;
	uint64_t max_bytes; /* of all states */
	uint64_t expire_s;  /* after the last use; 0: never */
	/* Seconds since the epoch. NULL: the clock as it was at the start, and the time since then:
	 * a clock that is set while the service runs lets no link expire. */
	int64_t (*wall_s)(void);
};

struct links_stats {
	uint64_t entries, bytes, expired;
};

/* -EUCLEAN with a message for a damaged file. */
int links_open(const struct links_setup *setup, struct links **ret, struct error *err);
void links_close(struct links *l);

/* Keeps @state. -EFBIG: more than LINK_STATE_MAX; -ENOSPC: the store or the disk is full. */
int links_put(struct links *l, struct span state, char ret_id[LINK_ID_SIZE], struct error *err);

/* Appends the state to @to. -ENOENT for what is no link, or no longer. */
int links_get(struct links *l, const char *id, struct buf *to, struct error *err);

void links_stats(struct links *l, struct links_stats *ret);
