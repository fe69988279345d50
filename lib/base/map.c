/* SPDX-License-Identifier: MIT */
#include "map.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

int map_init(struct map *m, uint64_t secret)
{
	*m = (struct map){ .slots = calloc(FIRST_ROOM, sizeof(struct map_node *)),
		.room = FIRST_ROOM,
		.secret = secret };
	return m->slots ? 0 : -ENOMEM;
}

void map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

/* FNV-1a from a secret start, then mixed so that the low bits depend on all. */
static uint64_t hash_of(const struct map *m, const char *key)
{
	uint64_t h = m->secret ^ 0xcbf29ce484222325u;

	for (const unsigned char *c = (const unsigned char *)key; *c; c++)
		h = (h ^ *c) * 0x100000001b3u;
	h ^= h >> 32;
	h *= m->secret | 1;
	return h ^ h >> 29;
}

struct map_node *map_find(const struct map *m, const char *key)
{
	uint64_t h = hash_of(m, key);

	for (struct map_node *n = m->slots[h & (m->room - 1)]; n; n = n->next)
		if (n->hash == h && strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

static void link_node(struct map *m, struct map_node *node)
{
	struct map_node **slot = &m->slots[node->hash & (m->room - 1)];

	node->next = *slot;
	*slot = node;
}

static void grow(struct map *m)
{
	struct map_node **old = m->slots, **slots = calloc(2 * m->room, sizeof *slots);
	size_t room = m->room;

	if (!slots)
		return;
	m->slots = slots;
	m->room = 2 * room;
	for (size_t i = 0; i < room; i++)
		for (struct map_node *n = old[i], *next; n; n = next) {
			next = n->next;
			link_node(m, n);
		}
	free(old);
}

void map_add(struct map *m, struct map_node *node)
{
	if (m->n >= m->room)
		grow(m);
	node->hash = hash_of(m, node->key);
	link_node(m, node);
	m->n++;
}

void map_remove(struct map *m, struct map_node *node)
{
	struct map_node **p = &m->slots[node->hash & (m->room - 1)];

	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
	m->n--;
}

void map_each(struct map *m, void (*f)(struct map_node *node, void *ctx), void *ctx)
{
	for (size_t i = 0; i < m->room; i++)
		for (struct map_node *n = m->slots[i], *next; n; n = next) {
			next = n->next;
			f(n, ctx);
		}
}
