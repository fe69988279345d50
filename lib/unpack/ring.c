/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <errno.h>
#include <stdlib.h>

int ring_init(struct ring *r)
{
	*r = (struct ring){ .bytes = malloc((size_t)RING_PIECES * RING_PIECE_BYTES) };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->change, NULL);
	return r->bytes ? 0 : -ENOMEM;
}

void ring_done(struct ring *r)
{
	pthread_cond_destroy(&r->change);
	pthread_mutex_destroy(&r->lock);
	free(r->bytes);
}

static char *piece(const struct ring *r, unsigned i)
{
	return r->bytes + (size_t)(i % RING_PIECES) * RING_PIECE_BYTES;
}

char *ring_room(struct ring *r)
{
	char *p = NULL;

	pthread_mutex_lock(&r->lock);
	while (r->given - r->taken == RING_PIECES && !r->abandoned)
		pthread_cond_wait(&r->change, &r->lock);
	if (!r->abandoned)
		p = piece(r, r->given);
	pthread_mutex_unlock(&r->lock);
	return p;
}

void ring_give(struct ring *r, size_t n)
{
	pthread_mutex_lock(&r->lock);
	r->filled[r->given++ % RING_PIECES] = n;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
}

void ring_end(struct ring *r, int result, const struct error *why)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	r->result = result;
	if (why)
		r->why = *why;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
}

int ring_take(struct ring *r, struct span *ret, struct error *err)
{
	int result = 1;

	pthread_mutex_lock(&r->lock);
	if (r->held) {
		r->taken++;
		r->held = false;
		pthread_cond_signal(&r->change);
	}
	while (r->given == r->taken && !r->ended)
		pthread_cond_wait(&r->change, &r->lock);
	if (r->given != r->taken) {
		*ret = (struct span){ piece(r, r->taken), r->filled[r->taken % RING_PIECES] };
		r->held = true;
	} else {
		result = r->result;
		if (result < 0 && err)
			*err = r->why;
	}
	pthread_mutex_unlock(&r->lock);
	return result;
}

void ring_abandon(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->abandoned = true;
	pthread_cond_signal(&r->change);
	pthread_mutex_unlock(&r->lock);
}
