/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/map.h"

enum {
	SHARE = 8,        /* the largest entry is 1/SHARE of all */
	NODE_BYTES = 400, /* what an entry costs beside its record */
};

struct node {
	struct map_node map; /* first */
	TAILQ_ENTRY(node) link;
	struct entry *entry;
	uint64_t until_us;
	bool used;
};

struct memory {
	pthread_mutex_t lock;
	struct map keys;
	TAILQ_HEAD(by_use_list, node) by_use; /* the latest first */
	uint64_t max_bytes;
	struct memory_stats stats;
};

static void unlock(struct memory **m)
{
	pthread_mutex_unlock(&(*m)->lock);
}

static struct memory *lock(struct memory *m)
{
	pthread_mutex_lock(&m->lock);
	return m;
}

#define locked(m) cleanup(unlock) struct memory *locked_ __attribute__((unused)) = lock(m)

struct memory *memory_new(uint64_t max_bytes)
{
	cleanup_free struct memory *m = calloc(1, sizeof *m);
	uint64_t secret;

	if (!m || getrandom(&secret, sizeof secret, 0) < 0 || map_init(&m->keys, secret) < 0)
		return NULL;
	pthread_mutex_init(&m->lock, NULL);
	TAILQ_INIT(&m->by_use);
	m->max_bytes = max_bytes;
	return take_ptr(m);
}

static uint64_t cost_of(const struct entry *e)
{
	return e->record.n + NODE_BYTES;
}

static void drop(struct memory *m, struct node *n)
{
	map_remove(&m->keys, &n->map);
	TAILQ_REMOVE(&m->by_use, n, link);
	m->stats.bytes -= cost_of(n->entry);
	m->stats.entries--;
	entry_unref(n->entry);
	free(n);
}

void memory_free(struct memory *m)
{
	if (!m)
		return;
	for (struct node *n; (n = TAILQ_FIRST(&m->by_use));)
		drop(m, n);
	map_done(&m->keys);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

struct entry *memory_get(struct memory *m, const char *key, uint64_t now_us)
{
	locked(m);
	struct node *n = (struct node *)map_find(&m->keys, key);

	if (!n)
		return NULL;
	if (n->until_us && now_us >= n->until_us) {
		drop(m, n);
		return NULL;
	}
	TAILQ_REMOVE(&m->by_use, n, link);
	TAILQ_INSERT_HEAD(&m->by_use, n, link);
	n->used = true;
	return entry_ref(n->entry);
}

void memory_put(struct memory *m, struct entry *e, uint64_t until_us)
{
	struct node *n = calloc(1, sizeof *n), *old;

	locked(m);
	old = (struct node *)map_find(&m->keys, e->key);
	if (old)
		drop(m, old);
	if (!n || cost_of(e) > m->max_bytes / SHARE) {
		free(n);
		return;
	}
	while (m->stats.bytes + cost_of(e) > m->max_bytes) {
		drop(m, TAILQ_LAST(&m->by_use, by_use_list));
		m->stats.evicted++;
	}
	n->entry = entry_ref(e);
	n->until_us = until_us;
	n->map.key = e->key;
	map_add(&m->keys, &n->map);
	TAILQ_INSERT_HEAD(&m->by_use, n, link);
	m->stats.bytes += cost_of(e);
	m->stats.entries++;
}

size_t memory_used(struct memory *m, char (*ret)[KEY_SIZE], size_t max)
{
	size_t count = 0;
	struct node *n;

	locked(m);
	TAILQ_FOREACH(n, &m->by_use, link)
	{
		if (count == max)
			break;
		if (!n->used)
			continue;
		n->used = false;
		memcpy(ret[count++], n->entry->key, KEY_SIZE);
	}
	return count;
}

void memory_stats(struct memory *m, struct memory_stats *ret)
{
	locked(m);
	*ret = m->stats;
}
