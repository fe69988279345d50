/* SPDX-License-Identifier: MIT */
#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "content/index.h"
#include "export-tar.h"
#include "place.h"
#include "survey.h"
#include "sys/io.h"
#include "tar/write.h"

enum {
	PIECE = 1 << 20,
};

/* The first name of a file that has several. */
struct linked {
	uint64_t nid;
	char *path;
};

struct export
{
	const struct image *img;
	const struct survey *survey;
	struct tar_writer writer;
	const struct tool_watch *watch;
	uint64_t done;
	struct linked *linked;
	size_t n, room;
	struct tar_xattr xattrs[TAR_XATTRS_MAX];
	size_t names_at[TAR_XATTRS_MAX]; /* of their names, in `text`, which moves as it grows */
	size_t n_xattrs;
	struct buf text; /* names of xattrs, "./" and the path */
	char *piece;
};

static void export_done(struct export *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->linked[i].path);
	free(x->linked);
	buf_done(&x->text);
	free(x->piece);
}

static const char *find_linked(const struct export *x, uint64_t nid)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->linked[i].nid == nid)
			return x->linked[i].path;
	return NULL;
}

static int remember(struct export *x, uint64_t nid, struct span path)
{
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : 64;
		struct linked *v = reallocarray(x->linked, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		x->linked = v;
		x->room = room;
	}
	x->linked[x->n] = (struct linked){ nid, strndup(path.p, path.n) };
	return x->linked[x->n++].path ? 0 : -ENOMEM;
}

static int add_xattr(void *ctx, struct span name, struct span value, struct error *err)
{
	struct export *x = ctx;

	if (x->n_xattrs == TAR_XATTRS_MAX)
		return 0;
	x->names_at[x->n_xattrs] = x->text.n;
	if (buf_add(&x->text, name.p, name.n) < 0)
		return fail(err, -ENOMEM, "export an image");
	x->xattrs[x->n_xattrs++] = (struct tar_xattr){ { NULL, name.n }, value };
	return 0;
}

static const struct {
	uint32_t mode;
	enum tar_type type;
} types[] = {
	{ S_IFREG, TAR_FILE },
	{ S_IFDIR, TAR_DIRECTORY },
	{ S_IFLNK, TAR_SYMLINK },
	{ S_IFCHR, TAR_CHAR },
	{ S_IFBLK, TAR_BLOCK_DEVICE },
	{ S_IFIFO, TAR_FIFO },
};

static bool type_of(uint32_t mode, enum tar_type *ret)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].mode == (mode & S_IFMT)) {
			*ret = types[i].type;
			return true;
		}
	}
	return false;
}

static int write_data(struct export *x, const struct erofs_node *n)
{
	int r = 0;

	for (uint64_t at = 0; n->is_data && r == 0 && at < n->size; at += PIECE) {
		size_t want = n->size - at < PIECE ? (size_t)(n->size - at) : PIECE;
		ssize_t got = io_pread(x->img->data_fds[0], x->piece, want,
			(off_t)((uint64_t)n->block * INDEX_BLOCK + at));

		if (got < 0 || (size_t)got < want)
			return got < 0 ? (int)got : -EIO;
		r = x->writer.write(x->writer.ctx, x->piece, want);
	}
	if (r == 0 && n->head.n > 0)
		r = x->writer.write(x->writer.ctx, n->head.p, n->head.n);
	if (r == 0 && n->tail.n > 0)
		r = x->writer.write(x->writer.ctx, n->tail.p, n->tail.n);
	return r < 0 ? r : tar_write_padding(&x->writer, n->size);
}

/* "./" and the path, a slash behind a directory. */
static int make_name(struct export *x, const struct erofs_name *name, struct span *ret)
{
	size_t at = x->text.n;
	bool slash = S_ISDIR(name->node->mode) && name->path.n > 0;

	if (buf_add(&x->text, "./", 2) < 0 || buf_add(&x->text, name->path.p, name->path.n) < 0 ||
		(slash && buf_add(&x->text, "/", 1) < 0))
		return -ENOMEM;
	*ret = (struct span){ x->text.p + at, x->text.n - at };
	return 0;
}

/* Both behind one another, as a string. NULL on -ENOMEM. */
static char *join(struct span a, struct span b)
{
	cleanup_buf struct buf all = { 0 };

	if (buf_add(&all, a.p, a.n) < 0 || buf_add(&all, b.p, b.n) < 0 || buf_add(&all, "", 1) < 0)
		return NULL;
	return take_ptr(all.p);
}

static int write_entry(
	struct export *x, const struct erofs_name *name, struct tar_entry *e, struct error *err)
{
	const struct erofs_node *n = name->node;
	cleanup_free char *target = NULL;

	x->text.n = x->n_xattrs = 0;
	int r = erofs_xattrs(&x->survey->reader, n, add_xattr, x, err);
	if (r < 0)
		return r;
	if (e->type == TAR_SYMLINK) {
		/* Its two runs side by side. */
		target = join(n->head, n->tail);
		if (!target)
			return -ENOMEM;
		e->link = span_of(target);
	}
	r = make_name(x, name, &e->name);
	if (r < 0)
		return r;
	for (size_t i = 0; i < x->n_xattrs; i++)
		x->xattrs[i].name.p = x->text.p + x->names_at[i];
	e->xattrs = x->xattrs;
	e->n_xattrs = x->n_xattrs;
	r = tar_write_entry(&x->writer, e);
	return r == 0 && e->type == TAR_FILE ? write_data(x, n) : r;
}

static int write_name(struct export *x, const struct erofs_name *name, struct error *err)
{
	const struct erofs_node *n = name->node;
	struct tar_entry e = { .mode = n->mode & 07777,
		.uid = n->uid,
		.gid = n->gid,
		.mtime = n->mtime,
		.mtime_ns = n->mtime_ns,
		.major = n->major,
		.minor = n->minor,
		.size = S_ISREG(n->mode) ? n->size : 0 };

	if (!type_of(n->mode, &e.type))
		return 0;
	if (name->again) {
		const char *first = find_linked(x, n->nid);

		if (!first)
			return -EIO;
		x->text.n = 0;
		e.type = TAR_HARD_LINK;
		e.size = 0;
		int r = make_name(x, name, &e.name);
		cleanup_free char *target = join(SPAN_LITERAL("./"), span_of(first));
		if (r < 0 || !target)
			return -ENOMEM;
		e.link = span_of(target);
		return tar_write_entry(&x->writer, &e);
	}
	if (!S_ISDIR(n->mode) && n->nlink > 1 && remember(x, n->nid, name->path) < 0)
		return -ENOMEM;
	return write_entry(x, name, &e, err);
}

static int visit(void *ctx, const struct erofs_name *name, struct error *err)
{
	struct export *x = ctx;

	err->text[0] = '\0';
	int r = write_name(x, name, err);
	if (r < 0 && !err->text[0])
		return fail(err, r, "export '/%.*s'", (int)name->path.n, name->path.p);
	x->done += S_ISREG(name->node->mode) ? name->node->size : 0;
	if (x->watch && x->watch->bytes)
		x->watch->bytes(x->watch->ctx, x->done, x->img->bytes);
	return r;
}

int export_to(const struct image *img, const struct tar_writer *w, const struct tool_watch *watch,
	struct error *err)
{
	cleanup(survey_done) struct survey survey = { 0 };
	cleanup(export_done) struct export x = {
		.img = img, .survey = &survey, .writer = *w, .watch = watch, .piece = malloc(PIECE)
	};
	struct error why;

	if (!x.piece)
		return fail(err, -ENOMEM, "export '%s'", img->name);
	int r = survey_read(&survey, img->fd, img->name, err);
	if (r < 0)
		return r;
	r = erofs_walk(&survey.reader, visit, &x, &why);
	if (r < 0)
		return refuse(err, r, "image '%s': %s", img->name, why.text);
	r = tar_write_end(w);
	return r < 0 ? fail(err, r, "export '%s'", img->name) : 0;
}

static int write_fd(void *ctx, const void *p, size_t n)
{
	return io_write(*(int *)ctx, p, n);
}

int export_tar(const struct image *img, int fd, const struct tool_watch *watch, struct error *err)
{
	const struct tar_writer w = { write_fd, &fd };

	return export_to(img, &w, watch, err);
}
