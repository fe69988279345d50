/* SPDX-License-Identifier: MIT */
#include "fair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIRST_COST_US = 100 * 1000, /* of a run, while we know none */
	IDLE_MAX = 4096,            /* clients remembered for their debt only */
};

struct fair_client {
	struct map_node node; /* first: a node is its client */
	TAILQ_ENTRY(fair_client) link;
	TAILQ_HEAD(, fair_item) items;
	uint64_t debt;    /* a virtual moment */
	uint64_t mean_us; /* 0 before the first run */
	unsigned refs, tickets;
	char name[];
};

int fair_init(struct fair *f, uint64_t secret)
{
	*f = (struct fair){ 0 };
	TAILQ_INIT(&f->active);
	return map_init(&f->clients, secret);
}

static void free_client(struct map_node *node, void *ctx)
{
	struct fair *f = ctx;

	map_remove(&f->clients, node);
	free(node);
}

void fair_done(struct fair *f)
{
	if (f->clients.slots)
		map_each(&f->clients, free_client, f);
	map_done(&f->clients);
}

struct fair_client *fair_client_get(struct fair *f, const char *name)
{
	struct fair_client *c = (struct fair_client *)map_find(&f->clients, name);

	if (!c) {
		size_t n = strlen(name) + 1;

		c = calloc(1, sizeof *c + n);
		if (!c)
			return NULL;
		memcpy(c->name, name, n);
		c->node.key = c->name;
		TAILQ_INIT(&c->items);
		map_add(&f->clients, &c->node);
	} else if (c->refs == 0) {
		f->idle--;
	}
	return fair_client_ref(c);
}

struct fair_client *fair_client_ref(struct fair_client *c)
{
	c->refs++;
	return c;
}

static void free_idle(struct map_node *node, void *ctx)
{
	const struct fair_client *c = (const struct fair_client *)node;

	if (c->refs == 0)
		free_client(node, ctx);
}

void fair_client_unref(struct fair *f, struct fair_client *c)
{
	if (--c->refs > 0)
		return;
	if (c->debt <= f->now) {
		free_client(&c->node, f);
		return;
	}
	/* It is remembered for what it owes; a crowd of such debtors is let off. */
	if (++f->idle > IDLE_MAX) {
		map_each(&f->clients, free_idle, f);
		f->idle = 0;
	}
}

unsigned fair_client_tickets(const struct fair_client *c)
{
	return c->tickets;
}

void fair_client_add_tickets(struct fair_client *c, int n)
{
	c->tickets = (unsigned)((int)c->tickets + n);
}

struct fair_item *fair_client_first(const struct fair_client *c)
{
	return TAILQ_FIRST(&c->items);
}

static uint64_t cost_of(const struct fair *f, const struct fair_client *c)
{
	if (c->mean_us)
		return c->mean_us;
	return f->mean_us ? f->mean_us : FIRST_COST_US;
}

void fair_push(struct fair *f, struct fair_item *item)
{
	struct fair_client *c = item->client;

	if (TAILQ_EMPTY(&c->items)) {
		if (c->debt < f->now)
			c->debt = f->now;
		TAILQ_INSERT_TAIL(&f->active, c, link);
	}
	TAILQ_INSERT_TAIL(&c->items, item, link);
	item->waiting = true;
	f->waiting++;
}

void fair_remove(struct fair *f, struct fair_item *item)
{
	struct fair_client *c = item->client;

	TAILQ_REMOVE(&c->items, item, link);
	item->waiting = false;
	f->waiting--;
	if (TAILQ_EMPTY(&c->items))
		TAILQ_REMOVE(&f->active, c, link);
}

struct fair_item *fair_pop(struct fair *f)
{
	struct fair_client *next = TAILQ_FIRST(&f->active);

	for (struct fair_client *c = next; c; c = TAILQ_NEXT(c, link))
		if (c->debt < next->debt)
			next = c;
	if (!next)
		return NULL;

	struct fair_item *item = TAILQ_FIRST(&next->items);
	fair_remove(f, item);
	if (next->debt > f->now)
		f->now = next->debt;
	item->cost_us = cost_of(f, next);
	next->debt += item->cost_us;
	return item;
}

static void average(uint64_t *mean, uint64_t took)
{
	*mean = *mean ? (*mean * 7 + took) / 8 : took;
	if (*mean == 0)
		*mean = 1;
}

void fair_settle(struct fair *f, struct fair_item *item, uint64_t took_us, bool typical)
{
	struct fair_client *c = item->client;

	c->debt = c->debt - item->cost_us + took_us;
	item->cost_us = took_us;
	if (!typical)
		return;
	average(&c->mean_us, took_us);
	average(&f->mean_us, took_us);
}

/* How many of @c's items start before the virtual moment @start; @first: of equals they go first.
 */
static size_t before(const struct fair *f, const struct fair_client *c, uint64_t start, bool first)
{
	size_t n = 0;
	uint64_t cost = cost_of(f, c), at = c->debt;
	const struct fair_item *i;

	TAILQ_FOREACH(i, &c->items, link)
	{
		if (at > start || (at == start && !first))
			break;
		at += cost;
		n++;
	}
	return n;
}

size_t fair_position(const struct fair *f, const struct fair_item *item)
{
	const struct fair_client *own = item->client, *c;
	size_t n = 0;

	for (const struct fair_item *i = TAILQ_FIRST(&own->items); i != item;
		i = TAILQ_NEXT(i, link))
		n++;
	uint64_t start = own->debt + n * cost_of(f, own);
	bool first = true;
	TAILQ_FOREACH(c, &f->active, link)
	{
		if (c == own)
			first = false;
		else
			n += before(f, c, start, first);
	}
	return n;
}
