/* SPDX-License-Identifier: MIT */
/*
 * How often a client may ask: a token bucket each. A bucket holds at most @burst tokens and gains
 * @per_second; a request takes one. A client whose bucket is full needs no memory, so only those
 * that asked lately are remembered.
 *
 * Threads: any; one lock, held for a look-up. Time is a parameter, in microseconds of a clock that
 * does not jump.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate;

struct rate_setup {
	double per_second;  /* 0: no limit at all */
	double burst;       /* at least 1 */
	size_t max_clients; /* remembered at once; beyond, the fullest half is forgotten */
};

struct rate *rate_new(const struct rate_setup *setup); /* NULL without memory */
void rate_free(struct rate *r);

/* Takes a token of @client's. False when there is none; *@ret_wait_us (may be NULL) is then when
 * there will be one. */
bool rate_take(struct rate *r, const char *client, uint64_t now_us, uint64_t *ret_wait_us);

size_t rate_clients(struct rate *r);
