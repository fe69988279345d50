/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "format.h"
#include "names.h"
#include "shared.h"

enum {
	OPEN_BLOCKS = 64, /* blocks with room that are kept in mind */
};

uint8_t plan_prefix(struct span name, struct span *ret_rest)
{
	for (size_t i = 0; i < EROFS_PREFIXES; i++) {
		struct span prefix = span_of(erofs_prefixes[i].text);
		bool whole = prefix.p[prefix.n - 1] != '.';

		if (whole ? span_equal(name, prefix)
			  : span_starts(name, prefix) && name.n > prefix.n) {
			*ret_rest = span_skip(name, prefix.n);
			return erofs_prefixes[i].index;
		}
	}
	return 0;
}

uint32_t plan_xattr_bytes(const struct tree_xattr *x)
{
	struct span rest;

	if (plan_prefix(x->name, &rest) == 0)
		return 0;
	return (uint32_t)(EROFS_XATTR_ENTRY_BYTES + rest.n + x->value.n + 3) & ~3u;
}

uint32_t plan_inode_bytes(const struct plan_inode *i)
{
	uint32_t n = (i->extended ? EROFS_EXTENDED_BYTES : EROFS_COMPACT_BYTES) + i->xattr_bytes;

	return i->layout == EROFS_CHUNK_BASED ? (n + 7) & ~7u : n;
}

static int add(struct plan *p, struct tree_inode *i)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 1024;
		struct plan_inode *v = reallocarray(p->inodes, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		p->inodes = v;
		p->room = room;
	}
	i->number = (uint32_t)p->n;
	p->inodes[p->n++] = (struct plan_inode){ .inode = i };
	return 0;
}

/* All inodes, breadth first below each directory: what is listed together lies together. */
static int collect(struct plan *p, struct tree *t)
{
	int r = add(p, tree_root(t));

	for (size_t i = 0; r == 0 && i < p->n; i++) {
		struct tree_inode *dir = p->inodes[i].inode;

		if (!S_ISDIR(dir->mode))
			continue;
		r = names_sort(t, dir);
		for (uint32_t k = 0; r == 0 && k < dir->n_children; k++) {
			struct tree_inode *child = dir->sorted[k]->inode;

			/* A second name of a file: it has its place. */
			if (child->number < p->n && p->inodes[child->number].inode == child)
				continue;
			r = add(p, child);
		}
	}
	return r;
}

struct time_key {
	int64_t s;
	uint32_t ns;
};

static int compare_times(const void *a, const void *b)
{
	const struct time_key *x = a, *y = b;

	if (x->s != y->s)
		return x->s < y->s ? -1 : 1;
	return (x->ns > y->ns) - (x->ns < y->ns);
}

/* The most frequent time; the earliest of equals. */
static int choose_epoch(struct plan *p)
{
	struct time_key *v = calloc(p->n + 1, sizeof *v);
	size_t best = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < p->n; i++)
		v[i] = (struct time_key){ p->inodes[i].inode->mtime, p->inodes[i].inode->mtime_ns };
	qsort(v, p->n, sizeof *v, compare_times);
	for (size_t i = 0, from = 0; i < p->n; i++) {
		if (compare_times(&v[from], &v[i]) != 0)
			from = i;
		if (i - from + 1 > best) {
			best = i - from + 1;
			p->epoch = v[i].s;
			p->epoch_ns = v[i].ns;
		}
	}
	free(v);
	return 0;
}

static void measure_dir(struct plan_inode *i)
{
	struct names_item items[NAMES_BLOCK_MAX];
	struct names n;
	uint32_t bytes, last = 0;

	names_init(&n, i->inode);
	while (names_block(&n, items, &bytes) > 0) {
		last = bytes;
		i->blocks++;
	}
	i->inode->size = (i->blocks - 1) * EROFS_BLOCK + last;
	i->tail = last;
}

static bool has_epoch(const struct plan *p, const struct tree_inode *i)
{
	return i->mtime == p->epoch && i->mtime_ns == p->epoch_ns;
}

static void measure(const struct plan *p, struct plan_inode *i)
{
	struct tree_inode *t = i->inode;

	i->xattr_bytes = shared_ibody_bytes(p, t);
	if (S_ISDIR(t->mode))
		measure_dir(i);
	else if (t->bytes)
		i->tail = t->size;
	i->extended = !has_epoch(p, t) || t->uid > UINT16_MAX || t->gid > UINT16_MAX ||
		      t->nlink > UINT16_MAX || t->size > UINT32_MAX;

	if (S_ISREG(t->mode) && t->data) {
		i->layout = EROFS_CHUNK_BASED;
		i->tail = EROFS_CHUNK_INDEX_BYTES;
	} else if (i->tail > 0 && plan_inode_bytes(i) + i->tail <= EROFS_BLOCK) {
		i->layout = EROFS_FLAT_INLINE;
		if (S_ISDIR(t->mode))
			i->blocks--;
	} else if (i->tail > 0) {
		i->layout = EROFS_FLAT_PLAIN;
		i->blocks = (t->size + EROFS_BLOCK - 1) >> EROFS_BLOCK_BITS;
		i->tail = 0;
	}
}

/* Blocks whose ends are free. */
struct packer {
	struct {
		uint64_t at; /* 0: none */
		uint32_t room;
	} open[OPEN_BLOCKS];
	size_t turn;
	uint64_t end;
};

static void keep_open(struct packer *k, uint64_t at)
{
	uint32_t room = (uint32_t)(-at & (EROFS_BLOCK - 1));

	if (room < EROFS_COMPACT_BYTES)
		return;
	k->open[k->turn].at = at;
	k->open[k->turn].room = room;
	k->turn = (k->turn + 1) % OPEN_BLOCKS;
}

/* Place for @n bytes, at most one block, all in one block. */
static uint64_t pack(struct packer *k, uint32_t n)
{
	size_t best = OPEN_BLOCKS;
	uint32_t rest = (uint32_t)(-k->end & (EROFS_BLOCK - 1));

	if (rest < n) {
		for (size_t i = 0; i < OPEN_BLOCKS; i++)
			if (k->open[i].room >= n &&
				(best == OPEN_BLOCKS || k->open[i].room < k->open[best].room))
				best = i;
		if (best < OPEN_BLOCKS) {
			uint64_t at = k->open[best].at;

			k->open[best].at += n;
			k->open[best].room -= n;
			return at;
		}
		keep_open(k, k->end);
		k->end += rest;
	}
	uint64_t at = k->end;
	k->end += n;
	return at;
}

static void place_inodes(struct plan *p)
{
	struct packer k = { .end = EROFS_BLOCK };

	for (size_t i = 0; i < p->n; i++) {
		struct plan_inode *in = &p->inodes[i];
		uint64_t n = (plan_inode_bytes(in) + in->tail + EROFS_SLOT - 1) &
			     ~(uint64_t)(EROFS_SLOT - 1);

		if (n <= EROFS_BLOCK) {
			in->inode->place = pack(&k, (uint32_t)n);
			continue;
		}
		/* Only xattrs make one as large as this; they may lie across blocks. */
		in->inode->place = k.end = (k.end + EROFS_BLOCK - 1) & ~(uint64_t)(EROFS_BLOCK - 1);
		k.end += n;
	}
	p->end_block = (uint32_t)((k.end + EROFS_BLOCK - 1) >> EROFS_BLOCK_BITS);
}

static void place_blocks(struct plan *p)
{
	p->shared_block = p->end_block;
	p->end_block += (p->shared_bytes + EROFS_BLOCK - 1) >> EROFS_BLOCK_BITS;
	for (size_t i = 0; i < p->n; i++) {
		p->inodes[i].block = p->inodes[i].blocks ? p->end_block : EROFS_NO_BLOCK;
		p->end_block += (uint32_t)p->inodes[i].blocks;
	}
}

int plan_make(struct plan *p, struct tree *t, struct error *err)
{
	int r = collect(p, t);
	if (r == 0)
		r = choose_epoch(p);
	if (r == 0)
		r = shared_find(p);
	if (r < 0)
		return fail(err, r, "write the file system");
	for (size_t i = 0; i < p->n; i++) {
		measure(p, &p->inodes[i]);
		if (p->inodes[i].xattr_bytes > (UINT16_MAX - 1) * 4u)
			return refuse(err, -E2BIG, "an inode has more xattrs than erofs can keep");
	}
	place_inodes(p);
	place_blocks(p);
	return 0;
}

void plan_done(struct plan *p)
{
	free(p->inodes);
	free(p->shared);
	*p = (struct plan){ 0 };
}
