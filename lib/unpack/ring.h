/* SPDX-License-Identifier: MIT */
/*
 * Pieces of bytes from one thread to another, a bounded number under way.
 *
 * The giver takes an empty piece, fills it, and gives it; the taker takes the oldest, and gives it
 * back by taking the next. Either may end it: the giver with a result that the taker gets behind
 * the last piece, the taker at any time, after which the giver gets no more pieces.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/span.h"

enum {
	RING_PIECES = 8,
	RING_PIECE_BYTES = 256 << 10,
};

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t change;
	char *bytes;
	size_t filled[RING_PIECES];
	unsigned given, taken; /* pieces, ever; at most RING_PIECES apart */
	bool held;             /* the taker has the oldest */
	bool ended, abandoned;
	int result;
	struct error why;
};

int ring_init(struct ring *r); /* -ENOMEM */
void ring_done(struct ring *r);

/* Giver: room for RING_PIECE_BYTES, or NULL when the taker wants no more. Blocks. */
char *ring_room(struct ring *r);
void ring_give(struct ring *r, size_t n);
void ring_end(struct ring *r, int result, const struct error *why);

/* Taker: as stream.next. Blocks. */
int ring_take(struct ring *r, struct span *ret, struct error *err);
void ring_abandon(struct ring *r);
