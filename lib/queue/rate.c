/* SPDX-License-Identifier: MIT */
#include "rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/map.h"

struct bucket {
	struct map_node node; /* first */
	double tokens;
	uint64_t at_us; /* when it held that many */
	char name[];
};

struct rate {
	struct rate_setup setup;
	pthread_mutex_t lock;
	struct map buckets;
};

static void rate_freep(struct rate **r)
{
	rate_free(*r);
}

struct rate *rate_new(const struct rate_setup *setup)
{
	cleanup(rate_freep) struct rate *r = calloc(1, sizeof *r);
	uint64_t secret;

	if (!r)
		return NULL;
	r->setup = *setup;
	if (r->setup.burst < 1)
		r->setup.burst = 1;
	if (r->setup.max_clients < 2)
		r->setup.max_clients = 2;
	pthread_mutex_init(&r->lock, NULL);
	if (getrandom(&secret, sizeof secret, 0) < 0 || map_init(&r->buckets, secret) < 0)
		return NULL;
	return take_ptr(r);
}

static void free_bucket(struct map_node *node, void *ctx)
{
	struct rate *r = ctx;

	map_remove(&r->buckets, node);
	free(node);
}

void rate_free(struct rate *r)
{
	if (!r)
		return;
	if (r->buckets.slots)
		map_each(&r->buckets, free_bucket, r);
	map_done(&r->buckets);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static void fill(const struct rate *r, struct bucket *b, uint64_t now_us)
{
	if (now_us <= b->at_us)
		return;
	b->tokens += (double)(now_us - b->at_us) / 1e6 * r->setup.per_second;
	if (b->tokens > r->setup.burst)
		b->tokens = r->setup.burst;
	b->at_us = now_us;
}

struct sweep {
	struct rate *rate;
	uint64_t now_us;
	double full; /* from so many tokens on a bucket is forgotten */
};

static void sweep_bucket(struct map_node *node, void *ctx)
{
	const struct sweep *s = ctx;
	struct bucket *b = (struct bucket *)node;

	fill(s->rate, b, s->now_us);
	if (b->tokens >= s->full)
		free_bucket(node, s->rate);
}

/* Full buckets first; when nobody's is, whoever has most loses least by being forgotten. */
static void make_room(struct rate *r, uint64_t now_us)
{
	struct sweep s = { r, now_us, r->setup.burst };

	while (r->buckets.n >= r->setup.max_clients) {
		map_each(&r->buckets, sweep_bucket, &s);
		s.full = s.full < 0.01 ? 0 : s.full / 2;
	}
}

static struct bucket *bucket_of(struct rate *r, const char *client, uint64_t now_us)
{
	struct bucket *b = (struct bucket *)map_find(&r->buckets, client);
	size_t n = strlen(client) + 1;

	if (b)
		return b;
	if (r->buckets.n >= r->setup.max_clients)
		make_room(r, now_us);
	b = malloc(sizeof *b + n);
	if (!b)
		return NULL;
	memcpy(b->name, client, n);
	b->node.key = b->name;
	b->tokens = r->setup.burst;
	b->at_us = now_us;
	map_add(&r->buckets, &b->node);
	return b;
}

/* Without memory for a bucket nobody is refused. */
static bool take(struct rate *r, const char *client, uint64_t now_us, uint64_t *ret_wait_us)
{
	struct bucket *b = bucket_of(r, client, now_us);

	if (!b)
		return true;
	fill(r, b, now_us);
	if (b->tokens >= 1) {
		b->tokens -= 1;
		return true;
	}
	if (ret_wait_us)
		*ret_wait_us = (uint64_t)((1 - b->tokens) / r->setup.per_second * 1e6) + 1;
	return false;
}

bool rate_take(struct rate *r, const char *client, uint64_t now_us, uint64_t *ret_wait_us)
{
	if (r->setup.per_second <= 0)
		return true;
	pthread_mutex_lock(&r->lock);
	bool may = take(r, client, now_us, ret_wait_us);
	pthread_mutex_unlock(&r->lock);
	return may;
}

size_t rate_clients(struct rate *r)
{
	pthread_mutex_lock(&r->lock);
	size_t n = r->buckets.n;
	pthread_mutex_unlock(&r->lock);
	return n;
}
