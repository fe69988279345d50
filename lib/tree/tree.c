/* SPDX-License-Identifier: MIT */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"

enum {
	CHUNK = 256 << 10,
	BUCKETS_MIN = 1024,
};

struct chunk {
	struct chunk *next;
	size_t n, room;
	_Alignas(8) char bytes[];
};

struct tree {
	struct chunk *chunks;
	size_t bytes;
	struct tree_inode *root;
	struct tree_entry **buckets; /* by directory and name */
	size_t n_buckets;            /* a power of two */
	size_t live, made;
};

static struct chunk *chunk_new(struct tree *t, size_t n)
{
	size_t room = n > CHUNK / 8 ? n : CHUNK;
	if (t->bytes + room > TREE_ARENA_MAX)
		return NULL;

	struct chunk *c = calloc(1, sizeof *c + room);
	if (!c)
		return NULL;
	c->room = room;
	t->bytes += room;
	/* A big piece of its own goes behind the chunk that still has room. */
	if (t->chunks && room != CHUNK) {
		c->next = t->chunks->next;
		t->chunks->next = c;
	} else {
		c->next = t->chunks;
		t->chunks = c;
	}
	return c;
}

void *tree_alloc(struct tree *t, size_t n)
{
	struct chunk *c = t->chunks;

	if (n > TREE_ARENA_MAX)
		return NULL;
	n = (n + 7) & ~(size_t)7;
	if (!c || c->room - c->n < n)
		c = chunk_new(t, n);
	if (!c)
		return NULL;
	void *p = c->bytes + c->n;
	c->n += n;
	return p;
}

char *tree_copy(struct tree *t, const void *p, size_t n)
{
	char *copy = tree_alloc(t, n + 1);

	if (copy && n > 0)
		memcpy(copy, p, n);
	return copy;
}

struct tree_inode *tree_inode_new(struct tree *t, uint32_t mode)
{
	struct tree_inode *i = tree_alloc(t, sizeof *i);

	if (i) {
		i->mode = mode;
		i->nlink = S_ISDIR(mode) ? 2 : 0;
	}
	return i;
}

struct tree *tree_new(void)
{
	cleanup(tree_freep) struct tree *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->n_buckets = BUCKETS_MIN;
	t->buckets = calloc(t->n_buckets, sizeof *t->buckets);
	t->root = tree_inode_new(t, S_IFDIR | 0755);
	return t->buckets && t->root ? take_ptr(t) : NULL;
}

void tree_free(struct tree *t)
{
	if (!t)
		return;
	for (struct chunk *c = t->chunks, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	free(t->buckets);
	free(t);
}

void tree_freep(struct tree **t)
{
	tree_free(*t);
}

struct tree_inode *tree_root(const struct tree *t)
{
	return t->root;
}

size_t tree_entries(const struct tree *t)
{
	return t->made;
}

static size_t hash(const struct tree_inode *dir, struct span name)
{
	uint64_t h = (uint64_t)(uintptr_t)dir * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (unsigned char)name.p[i]) * 0x100000001b3u;
	return h ^ (h >> 29);
}

static struct tree_entry **bucket(
	const struct tree *t, const struct tree_inode *dir, struct span name)
{
	return &t->buckets[hash(dir, name) & (t->n_buckets - 1)];
}

static struct span name_of(const struct tree_entry *e)
{
	return (struct span){ e->name, e->name_n };
}

struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, struct span name)
{
	for (struct tree_entry *e = *bucket(t, dir, name); e; e = e->hash_next)
		if (e->dir == dir && span_equal(name_of(e), name))
			return e;
	return NULL;
}

static int grow(struct tree *t)
{
	size_t old_n = t->n_buckets;
	struct tree_entry **old = t->buckets;
	struct tree_entry **fresh = calloc(2 * old_n, sizeof *fresh);
	if (!fresh)
		return -ENOMEM;

	t->buckets = fresh;
	t->n_buckets = 2 * old_n;
	for (size_t i = 0; i < old_n; i++) {
		for (struct tree_entry *e = old[i], *next; e; e = next) {
			struct tree_entry **b = bucket(t, e->dir, name_of(e));

			next = e->hash_next;
			e->hash_next = *b;
			*b = e;
		}
	}
	free(old);
	return 0;
}

static bool is_too_deep(const struct tree_inode *dir)
{
	size_t depth = 0;

	for (; dir->self && depth < TREE_DEPTH_MAX; dir = dir->self->dir)
		depth++;
	return depth >= TREE_DEPTH_MAX;
}

static void put(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **b = bucket(t, e->dir, name_of(e));

	e->hash_next = *b;
	*b = e;
	e->next = e->dir->children;
	if (e->next)
		e->next->prev = e;
	e->dir->children = e;
	e->dir->n_children++;
	if (S_ISDIR(e->inode->mode)) {
		e->inode->self = e;
		e->dir->nlink++;
	} else {
		e->inode->nlink++;
	}
	t->live++;
}

int tree_add(struct tree *t, struct tree_inode *dir, struct span name, struct tree_inode *inode,
	uint32_t layer, struct tree_entry **ret_entry)
{
	if (t->made >= TREE_ENTRIES_MAX || (S_ISDIR(inode->mode) && is_too_deep(dir)))
		return -E2BIG;
	if (name.n == 0 || name.n > TREE_NAME_MAX)
		return -ENAMETOOLONG;
	if (t->live >= t->n_buckets && grow(t) < 0)
		return -ENOMEM;

	struct tree_entry *e = tree_alloc(t, sizeof *e);
	char *copy = tree_copy(t, name.p, name.n);
	if (!e || !copy)
		return -ENOMEM;
	*e = (struct tree_entry){
		.name = copy, .name_n = (uint8_t)name.n, .layer = layer, .inode = inode, .dir = dir
	};
	t->made++;
	put(t, e);
	if (ret_entry)
		*ret_entry = e;
	return 0;
}

static void cut(struct tree *t, struct tree_entry *e)
{
	struct tree_entry **b = bucket(t, e->dir, name_of(e));

	while (*b != e)
		b = &(*b)->hash_next;
	*b = e->hash_next;
	if (e->prev)
		e->prev->next = e->next;
	else
		e->dir->children = e->next;
	if (e->next)
		e->next->prev = e->prev;
	e->dir->n_children--;
	if (S_ISDIR(e->inode->mode))
		e->dir->nlink--;
	else
		e->inode->nlink--;
	e->dir = NULL;
	t->live--;
}

void tree_remove(struct tree *t, struct tree_entry *e)
{
	/* Depth is bounded by TREE_DEPTH_MAX. */
	if (S_ISDIR(e->inode->mode))
		while (e->inode->children)
			tree_remove(t, e->inode->children);
	cut(t, e);
}

void tree_remove_older_children(struct tree *t, struct tree_inode *dir, uint32_t layer)
{
	for (struct tree_entry *e = dir->children, *next; e; e = next) {
		next = e->next;
		tree_remove_older(t, e, layer);
	}
}

void tree_remove_older(struct tree *t, struct tree_entry *e, uint32_t layer)
{
	if (S_ISDIR(e->inode->mode))
		tree_remove_older_children(t, e->inode, layer);
	if (e->layer < layer && !e->inode->children)
		cut(t, e);
}

static int compare_spans(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

int tree_xattr_set(struct tree *t, struct tree_inode *i, struct span name, struct span value)
{
	struct tree_xattr **at = &i->xattrs;

	while (*at && compare_spans((*at)->name, name) < 0)
		at = &(*at)->next;
	char *v = tree_copy(t, value.p, value.n);
	if (!v)
		return -ENOMEM;
	if (*at && span_equal((*at)->name, name)) {
		(*at)->value = (struct span){ v, value.n };
		return 0;
	}
	struct tree_xattr *x = tree_alloc(t, sizeof *x);
	char *k = tree_copy(t, name.p, name.n);
	if (!x || !k)
		return -ENOMEM;
	*x = (struct tree_xattr){ *at, { k, name.n }, { v, value.n }, 0 };
	*at = x;
	return 0;
}

char *tree_path(const struct tree_entry *e, char *buf, size_t n)
{
	size_t at = n - 1;

	buf[at] = '\0';
	for (; e; e = e->dir ? e->dir->self : NULL) {
		if (at < (size_t)e->name_n + 1)
			break;
		if (buf[at])
			buf[--at] = '/';
		at -= e->name_n;
		memcpy(buf + at, e->name, e->name_n);
	}
	return memmove(buf, buf + at, n - at);
}
