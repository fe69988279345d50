/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "format.h"
#include "read.h"

struct walk {
	const struct erofs_reader *r;
	int (*visit)(void *ctx, const struct erofs_name *name, struct error *err);
	void *ctx;
	unsigned char *seen; /* a bit for each slot where an inode may begin */
	char *path;
	size_t path_n;
	unsigned depth;
	struct error *err;
};

static int broken(const struct walk *w, const char *what)
{
	return refuse(w->err, -EINVAL, "directory '/%.*s': %s",
		(int)(w->path_n < 200 ? w->path_n : 200), w->path, what);
}

/* Name @i of a block: 1, or 0 behind the last. */
int erofs_dirents(struct span block, size_t i, struct erofs_dirent *ret, struct error *err)
{
	size_t first = block.n >= EROFS_DIRENT_BYTES ? get16(block.p + 8) : 0;
	size_t n = first / EROFS_DIRENT_BYTES;

	if (n == 0 || first % EROFS_DIRENT_BYTES != 0 || first > block.n)
		return refuse(err, -EINVAL, "a block of names is broken");
	if (i >= n)
		return 0;
	const char *p = block.p + i * EROFS_DIRENT_BYTES;
	size_t from = get16(p + 8);
	size_t to = i + 1 < n ? get16(p + EROFS_DIRENT_BYTES + 8) : block.n;
	if (from < first || to < from || to > block.n)
		return refuse(err, -EINVAL, "a name is outside of its block");
	/* The last name of a block that is not the last ends with a NUL, or with the block. */
	size_t name_n = i + 1 < n ? to - from : strnlen(block.p + from, to - from);
	*ret = (struct erofs_dirent){ get64(p), (uint8_t)p[10], { block.p + from, name_n } };
	if (name_n == 0 || name_n > 255 || memchr(ret->name.p, '/', name_n) ||
		memchr(ret->name.p, '\0', name_n))
		return refuse(err, -EINVAL, "a name cannot be one");
	return 1;
}

static bool mark_seen(struct walk *w, uint64_t nid)
{
	bool seen = w->seen[nid / 8] >> (nid % 8) & 1;

	w->seen[nid / 8] |= (unsigned char)(1u << (nid % 8));
	return seen;
}

static int walk_dir(struct walk *w, const struct erofs_node *dir);

static int visit_one(struct walk *w, const struct erofs_dirent *d)
{
	struct erofs_node n;
	size_t before = w->path_n;

	int r = erofs_node(w->r, d->nid, &n, w->err);
	if (r < 0)
		return r;
	bool again = mark_seen(w, d->nid);
	if (again && S_ISDIR(n.mode))
		return broken(w, "it holds a directory that another holds too");
	if (before + 1 + d->name.n > EROFS_PATH_MAX)
		return broken(w, "its path is too long");
	if (before > 0)
		w->path[w->path_n++] = '/';
	memcpy(w->path + w->path_n, d->name.p, d->name.n);
	w->path_n += d->name.n;
	const struct erofs_name name = { { w->path, w->path_n }, &n, again };
	r = w->visit(w->ctx, &name, w->err);
	if (r == 0 && S_ISDIR(n.mode))
		r = walk_dir(w, &n);
	w->path_n = before;
	return r;
}

static int compare(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Who looks a name up halves the range: names that are not in order would not be found. */
static int walk_block(struct walk *w, struct span block, struct span *last)
{
	struct erofs_dirent d;
	struct error why;
	int r;

	for (size_t i = 0; (r = erofs_dirents(block, i, &d, &why)) > 0; i++) {
		if (last->n > 0 && compare(*last, d.name) >= 0)
			return broken(w, "its names are not in order");
		*last = d.name;
		if (span_equal(d.name, SPAN_LITERAL(".")) || span_equal(d.name, SPAN_LITERAL("..")))
			continue;
		r = visit_one(w, &d);
		if (r != 0)
			return r;
	}
	return r < 0 ? broken(w, why.text) : 0;
}

static int walk_dir(struct walk *w, const struct erofs_node *dir)
{
	const struct span parts[] = { dir->head, dir->tail };
	struct span last = { NULL, 0 };

	if (++w->depth > EROFS_DEPTH_MAX)
		return broken(w, "it is too deep");
	for (int k = 0; k < 2; k++) {
		for (struct span rest = parts[k]; rest.n > 0; rest = span_skip(rest, EROFS_BLOCK)) {
			struct span block = { rest.p, rest.n < EROFS_BLOCK ? rest.n : EROFS_BLOCK };
			int r = walk_block(w, block, &last);
			if (r != 0)
				return r;
		}
	}
	w->depth--;
	return 0;
}

int erofs_walk(const struct erofs_reader *r,
	int (*visit)(void *ctx, const struct erofs_name *name, struct error *err), void *ctx,
	struct error *err)
{
	cleanup_free unsigned char *seen = calloc(1, r->all.n / EROFS_SLOT / 8 + 1);
	cleanup_free char *path = malloc(EROFS_PATH_MAX);
	struct walk w = { r, visit, ctx, seen, path, 0, 0, err };
	struct erofs_node root;

	if (!seen || !path)
		return fail(err, -ENOMEM, "read a file system");
	int e = erofs_node(r, r->root, &root, err);
	if (e < 0)
		return e;
	if (!S_ISDIR(root.mode))
		return refuse(err, -EINVAL, "its root is no directory");
	mark_seen(&w, root.nid);
	const struct erofs_name name = { { path, 0 }, &root, false };
	e = visit(ctx, &name, err);
	return e != 0 ? e : walk_dir(&w, &root);
}
