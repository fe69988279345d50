/* SPDX-License-Identifier: MIT */
/* A hash table of strings whose nodes live in their owners. Strangers choose the strings, so the
 * hash has a secret start. Not locked. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct map_node {
	struct map_node *next;
	uint64_t hash;
	const char *key; /* owned by whoever owns the node */
};

struct map {
	struct map_node **slots;
	size_t n, room; /* room is a power of two */
	uint64_t secret;
};

/* @secret: random, so that nobody can choose strings that meet. -ENOMEM. */
int map_init(struct map *m, uint64_t secret);
void map_done(struct map *m); /* the nodes are their owners' */

struct map_node *map_find(const struct map *m, const char *key);

/* @node->key is set and in nobody else's node. Always works: a table that cannot grow gets slower.
 */
void map_add(struct map *m, struct map_node *node);
void map_remove(struct map *m, struct map_node *node);

/* Calls @f for each node; @f may remove the node that it was given. */
void map_each(struct map *m, void (*f)(struct map_node *node, void *ctx), void *ctx);
