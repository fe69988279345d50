/* SPDX-License-Identifier: MIT */
/*
 * The memory of a template that every clone of it writes to.
 *
 * A page that a clone writes for the first time is copied, which takes a fault, two system calls
 * and a mapping each. Most of these pages are the same in all clones: init's own, those of a live
 * program. So the first few clones are looked at when they have ended: what all of them had of
 * their own is copied at once, in runs, when the next ones start.
 *
 * Looked at are the host's files: where a clone's own memory has pages. What a guest kernel writes
 * that nobody else maps is in no file; it says so itself at the end, in a list that is read
 * strictly, and the part of it that all agree on is written early by clones that wait. What a guest
 * decides by all that is when others' pages are copied, not what is in them. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

enum {
	TOUCHED_CLONES = 3,       /* that are looked at */
	TOUCHED_FAILURES = 8,     /* of which nothing could be learnt: there will be no list */
	TOUCHED_PAGES_MAX = 8192, /* of a list */
	TOUCHED_CHUNK = 512,      /* pages of a huge page of the host */
	/* What takes how long, in tenths of a microsecond, measured with a clone of python3: */
	TOUCHED_PAGE_COST = 17,     /* a page of a run */
	TOUCHED_RUN_COST = 150,     /* a run: two system calls */
	TOUCHED_CHUNK_COST = 2500,  /* a whole chunk, as a huge page */
	TOUCHED_FRESH_COST = 20,    /* a page that was free in the template, by a fault */
	TOUCHED_FRESH_CHUNK = 3200, /* a chunk of such pages at once */
	TOUCHED_FRESH_MAX = 2,      /* chunks: a clone that waits has them, too */
	TOUCHED_AHEAD_MAX = 160,    /* pages otherwise that it takes while it waits */
	TOUCHED_WAIT_MAX = 226,     /* and with those that it copies: below 1 MiB with the rest */
	TOUCHED_WRITTEN_RUNS = 512, /* that a guest may say it has written */
	TOUCHED_GAP = 8,            /* pages between two runs, cheaper copied than left out */
};

/* As the guest kernel reads it (kernel/patches, clone-memory): pages of guest memory by number. */
struct touched_run {
	uint32_t page, n;
};

/* In the number of pages: what clones write that no stub maps; for those that wait. */
#define TOUCHED_WRITTEN (UINT32_C(1) << 31)

struct touched {
	uint64_t *bits; /* what all clones so far had, a bit for each page; NULL before the first */
	uint64_t *fresh;   /* the same of what was free in the template */
	uint64_t *written; /* and of what they said they wrote */
	uint64_t pages;    /* of guest memory */
	unsigned seen, failed;
	int list_fd; /* runs, sealed; -1 until it is known */
};

void touched_init(struct touched *t, uint64_t ram_bytes);
void touched_done(struct touched *t);

/* Whether there is more to learn. */
bool touched_curious(const struct touched *t);

/*
 * Looks at @clone_fd, the memory of a clone that has ended; @base_fd is the template's, @written
 * what the clone said: runs in ascending order. With the last clone that is needed the list is
 * made. Negative errno: nothing was learnt; when that has happened often, the list is empty.
 */
int touched_look(struct touched *t, int base_fd, int clone_fd, struct span written);
