/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is. Start-time fair queueing (Goyal, Vin, Cheng 1996), the exact form of deficit
 * round robin: each client has a *debt*, the virtual moment up to which it has used its share. The
 * waiting client with the smallest one is next, and pays for the run: first with its average,
 * corrected when the run has ended. Whoever was away starts at the present moment, so that sleeping
 * saves up nothing, and a client's thousand jobs delay another one's first by no more than what
 * runs already.
 *
 * Not locked: the queue does. Part of lib/queue only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"

struct fair_client;

/* One that waits for its turn; part of its owner. */
struct fair_item {
	TAILQ_ENTRY(fair_item) link;
	struct fair_client *client;
	uint64_t cost_us; /* what was paid for it so far */
	bool waiting;
};

struct fair {
	struct map clients;
	TAILQ_HEAD(, fair_client) active; /* who has something that waits */
	uint64_t now;                     /* the virtual moment */
	uint64_t mean_us;                 /* of all clients' recent runs; 0 before the first */
	size_t waiting, idle;
};

int fair_init(struct fair *f, uint64_t secret); /* for the map */
void fair_done(struct fair *f);

/* The client called @name, with one more reference. NULL without memory. */
struct fair_client *fair_client_get(struct fair *f, const char *name);
struct fair_client *fair_client_ref(struct fair_client *c);
void fair_client_unref(struct fair *f, struct fair_client *c);

/* Requests of this client that have no answer yet; the queue counts them. */
unsigned fair_client_tickets(const struct fair_client *c);
void fair_client_add_tickets(struct fair_client *c, int n);

void fair_push(struct fair *f, struct fair_item *item); /* item->client is set */
void fair_remove(struct fair *f, struct fair_item *item);
struct fair_item *fair_pop(struct fair *f); /* NULL when nothing waits */

/* The first that waits of @c; NULL when none does. */
struct fair_item *fair_client_first(const struct fair_client *c);

/* What @item took in the end. @typical: the run counts for the averages. */
void fair_settle(struct fair *f, struct fair_item *item, uint64_t took_us, bool typical);

/* How many are expected to be popped before @item. */
size_t fair_position(const struct fair *f, const struct fair_item *item);
