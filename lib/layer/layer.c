/* SPDX-License-Identifier: MIT */
#include "layer.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "tar/tar.h"
#include "tree/path.h"

#define WHITEOUT SPAN_LITERAL(".wh.")
#define OPAQUE   SPAN_LITERAL(".wh..wh..opq")
#define AUFS     SPAN_LITERAL(".wh..wh.")

/* "%.*s" of a span, for messages. */
#define SHOWN(s) (int)((s).n < 200 ? (s).n : 200), (s).p

static int too_many(const struct tar_entry *e, int r, struct error *err)
{
	if (r == -E2BIG)
		return refuse(err, r,
			"'%.*s' is one too many: an image may have %d entries, %d levels deep",
			SHOWN(e->name), TREE_ENTRIES_MAX, TREE_DEPTH_MAX);
	return fail(err, r, "add '%.*s'", SHOWN(e->name));
}

static uint32_t mode_of(const struct tar_entry *e)
{
	static const uint32_t types[] = {
		[TAR_FILE] = S_IFREG,
		[TAR_SYMLINK] = S_IFLNK,
		[TAR_CHAR] = S_IFCHR,
		[TAR_BLOCK_DEVICE] = S_IFBLK,
		[TAR_DIRECTORY] = S_IFDIR,
		[TAR_FIFO] = S_IFIFO,
	};

	/* Permissions of a link mean nothing. */
	return types[e->type] | (e->type == TAR_SYMLINK ? 0777 : e->mode);
}

static int set_attributes(
	struct layers *l, struct tree_inode *i, const struct tar_entry *e, struct error *err)
{
	i->mode = mode_of(e);
	i->uid = e->uid;
	i->gid = e->gid;
	i->mtime = e->mtime;
	i->mtime_ns = e->mtime_ns;
	i->xattrs = NULL;
	if (e->type == TAR_CHAR || e->type == TAR_BLOCK_DEVICE) {
		if (e->major > 0xfff || e->minor > 0xfffff)
			return refuse(err, -EINVAL, "device '%.*s' has the number %u:%u",
				SHOWN(e->name), e->major, e->minor);
		i->major = e->major;
		i->minor = e->minor;
	}
	for (size_t k = 0; k < e->n_xattrs; k++) {
		int r = layer_xattr(l, i, e->xattrs[k].name, e->xattrs[k].value, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int set_target(
	struct layers *l, struct tree_inode *i, const struct tar_entry *e, struct error *err)
{
	if (e->link.n == 0 || e->link.n >= TREE_PATH_MAX || memchr(e->link.p, '\0', e->link.n))
		return refuse(err, -EINVAL,
			"symbolic link '%.*s' leads to %zu bytes that are no path", SHOWN(e->name),
			e->link.n);
	i->bytes = tree_copy(l->tree, e->link.p, e->link.n);
	i->size = e->link.n;
	return i->bytes ? 0 : fail(err, -ENOMEM, "add '%.*s'", SHOWN(e->name));
}

static int next_piece(void *ctx, struct span *ret, uint64_t *ret_at, struct error *err)
{
	return tar_data(ctx, ret, ret_at, err);
}

/* A new inode with all that @e says, its content read from @t. */
static int make_inode(struct layers *l, struct tar_reader *t, const struct tar_entry *e,
	struct tree_inode **ret, struct error *err)
{
	const struct layer_pieces pieces = { next_piece, t };
	struct tree_inode *i = tree_inode_new(l->tree, mode_of(e));
	if (!i)
		return fail(err, -ENOMEM, "add '%.*s'", SHOWN(e->name));

	int r = set_attributes(l, i, e, err);
	if (r == 0 && e->type == TAR_SYMLINK)
		r = set_target(l, i, e, err);
	if (r == 0 && e->type == TAR_FILE)
		r = layer_content(l, i, e->size, &pieces, err);
	*ret = i;
	return r;
}

/* Names @i; what had the name before is gone. */
static int put(struct layers *l, struct tree_inode *dir, struct span name, struct tree_inode *i,
	const struct tar_entry *e, struct error *err)
{
	struct tree_entry *old = tree_find(l->tree, dir, name);

	if (old)
		tree_remove(l->tree, old);
	int r = tree_add(l->tree, dir, name, i, l->n, NULL);
	return r < 0 ? too_many(e, r, err) : 0;
}

/* A directory stays the one that it was, with other attributes. */
static int put_dir(struct layers *l, struct tree_inode *dir, struct span name,
	const struct tar_entry *e, struct error *err)
{
	struct tree_entry *old = tree_find(l->tree, dir, name);
	struct tree_inode *i = NULL;

	if (old && S_ISDIR(old->inode->mode)) {
		old->layer = l->n;
		return set_attributes(l, old->inode, e, err);
	}
	int r = make_inode(l, NULL, e, &i, err);
	return r < 0 ? r : put(l, dir, name, i, e, err);
}

static int put_hard_link(struct layers *l, struct tree_inode *dir, struct span name,
	const struct tar_entry *e, struct error *err)
{
	struct tree_inode *at;
	struct span last;

	int r = tree_lead(l->tree, e->link, l->n, false, &at, &last, err);
	if (r < 0)
		return r;
	const struct tree_entry *target = last.n ? tree_find(l->tree, at, last) : NULL;
	if (!target)
		return refuse(err, -ENOENT, "'%.*s' is a hard link to '%.*s', which is not there",
			SHOWN(e->name), SHOWN(e->link));
	if (S_ISDIR(target->inode->mode))
		return refuse(err, -EINVAL, "'%.*s' is a hard link to '%.*s', a directory",
			SHOWN(e->name), SHOWN(e->link));
	if (target->dir == dir && span_equal(last, name))
		return 0;
	return put(l, dir, name, target->inode, e, err);
}

static int apply_whiteout(struct layers *l, struct tree_inode *dir, struct span name,
	const struct tar_entry *e, struct error *err)
{
	struct span gone = span_skip(name, WHITEOUT.n);

	if (span_equal(name, OPAQUE)) {
		tree_remove_older_children(l->tree, dir, l->n);
		return 0;
	}
	/* What aufs kept for itself. */
	if (span_starts(name, AUFS))
		return 0;
	if (gone.n == 0 || span_equal(gone, SPAN_LITERAL(".")) ||
		span_equal(gone, SPAN_LITERAL("..")))
		return refuse(err, -EINVAL, "whiteout '%.*s' names nothing", SHOWN(e->name));
	struct tree_entry *old = tree_find(l->tree, dir, gone);
	if (old)
		tree_remove_older(l->tree, old, l->n);
	return 0;
}

static int apply(
	struct layers *l, struct tar_reader *t, const struct tar_entry *e, struct error *err)
{
	struct tree_inode *dir, *i = NULL;
	struct span name;

	int r = tree_lead(l->tree, e->name, l->n, true, &dir, &name, err);
	if (r < 0)
		return r;
	if (name.n == 0)
		return e->type == TAR_DIRECTORY
			       ? set_attributes(l, tree_root(l->tree), e, err)
			       : refuse(err, -EINVAL, "'%.*s' is the root, but no directory",
					 SHOWN(e->name));
	if (span_starts(name, WHITEOUT))
		return apply_whiteout(l, dir, name, e, err);
	if (e->type == TAR_DIRECTORY)
		return put_dir(l, dir, name, e, err);
	if (e->type == TAR_HARD_LINK)
		return put_hard_link(l, dir, name, e, err);
	r = make_inode(l, t, e, &i, err);
	return r < 0 ? r : put(l, dir, name, i, e, err);
}

int layer_apply(struct layers *l, struct stream tar, struct error *err)
{
	cleanup(tar_reader_freep) struct tar_reader *t = tar_reader_new(tar);
	struct tar_entry e;
	int r;

	if (!t)
		return fail(err, -ENOMEM, "read a layer");
	while ((r = tar_next(t, &e, err)) > 0) {
		r = apply(l, t, &e, err);
		if (r < 0)
			return r;
	}
	if (r == 0)
		r = tar_drain(t, err);
	l->n++;
	return r;
}
