/* SPDX-License-Identifier: MIT */
#include "path.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* One walk: @dir is where it stands. */
struct walk {
	struct tree *t;
	struct tree_inode *dir;
	uint32_t layer;
	bool make;
	int hops;
	struct span path; /* all of it, for messages */
	struct error *err;
};

static int refuse_path(const struct walk *w, int r, const char *what)
{
	return refuse(
		w->err, r, "'%.*s' %s", (int)(w->path.n < 200 ? w->path.n : 200), w->path.p, what);
}

/* The next name of *@rest; false at the end. "." and empty names are passed over. */
static bool next_name(struct span *rest, struct span *ret)
{
	while (span_cut(rest, '/', ret))
		if (ret->n > 0 && !span_equal(*ret, SPAN_LITERAL(".")))
			return true;
	return false;
}

static int make_dir(struct walk *w, struct span name)
{
	struct tree_inode *i = tree_inode_new(w->t, S_IFDIR | 0755);
	int r = i ? tree_add(w->t, w->dir, name, i, w->layer, NULL) : -ENOMEM;

	if (r == -E2BIG)
		return refuse_path(w, r, "is one entry too many, or too deep");
	if (r < 0)
		return fail(w->err, r, "make directory '%.*s'", (int)name.n, name.p);
	w->dir = i;
	return 0;
}

static int walk_all(struct walk *w, struct span path);

/* Goes where the link @e leads: relative to the directory it is in, or to the root. */
static int follow(struct walk *w, const struct tree_entry *e)
{
	struct span target = { e->inode->bytes, e->inode->size };

	if (e->layer == w->layer)
		return refuse_path(w, -EINVAL, "leads through a symbolic link of the same layer");
	if (++w->hops > TREE_HOPS_MAX)
		return refuse_path(w, -ELOOP, "leads through too many symbolic links");
	if (target.n > 0 && target.p[0] == '/')
		w->dir = tree_root(w->t);
	return walk_all(w, target);
}

static int step(struct walk *w, struct span name, bool in_link)
{
	if (span_equal(name, SPAN_LITERAL(".."))) {
		if (!in_link || !w->dir->self)
			return refuse_path(w, -EINVAL, "leads out of the root ('..')");
		w->dir = w->dir->self->dir;
		return 0;
	}
	if (name.n > TREE_NAME_MAX)
		return refuse_path(w, -ENAMETOOLONG, "has a name of more than 255 bytes");

	struct tree_entry *e = tree_find(w->t, w->dir, name);
	if (!e)
		return w->make ? make_dir(w, name) : refuse_path(w, -ENOENT, "does not exist");
	if (S_ISLNK(e->inode->mode))
		return follow(w, e);
	if (!S_ISDIR(e->inode->mode))
		return refuse_path(w, -EINVAL, "leads through what is no directory");
	w->dir = e->inode;
	return 0;
}

/* All names of a link's target are directories on the way. */
static int walk_all(struct walk *w, struct span path)
{
	struct span name;

	while (next_name(&path, &name)) {
		int r = step(w, name, true);
		if (r < 0)
			return r;
	}
	return 0;
}

int tree_lead(struct tree *t, struct span path, uint32_t layer, bool make,
	struct tree_inode **ret_dir, struct span *ret_name, struct error *err)
{
	struct walk w = { t, tree_root(t), layer, make, 0, path, err };
	struct span rest = path, name, last = { path.p, 0 };

	if (path.n > TREE_PATH_MAX)
		return refuse_path(&w, -ENAMETOOLONG, "... is longer than 4096 bytes");
	if (path.n > 0 && memchr(path.p, '\0', path.n))
		return refuse_path(&w, -EINVAL, "has a NUL in it");
	while (next_name(&rest, &name)) {
		if (last.n > 0) {
			int r = step(&w, last, false);
			if (r < 0)
				return r;
		}
		last = name;
	}
	if (span_equal(last, SPAN_LITERAL("..")))
		return refuse_path(&w, -EINVAL, "leads out of the root ('..')");
	if (last.n > TREE_NAME_MAX)
		return refuse_path(&w, -ENAMETOOLONG, "has a name of more than 255 bytes");
	*ret_dir = w.dir;
	*ret_name = last;
	return 0;
}

struct tree_entry *tree_look(struct tree *t, const char *path)
{
	struct tree_inode *dir;
	struct span name;

	if (tree_lead(t, span_of(path), UINT32_MAX, false, &dir, &name, NULL) < 0)
		return NULL;
	return tree_find(t, dir, name);
}
