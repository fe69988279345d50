/* SPDX-License-Identifier: MIT */
/*
 * Contents are shared, so each is read once, in the order of the disk; then the damaged ones are
 * looked up in every image. What is in metadata alone is found by the image's digest, and named by
 * the seal.
 */
#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "content/sweep.h"
#include "erofs/format.h"
#include "image.h"
#include "names.h"
#include "place.h"
#include "seal.h"
#include "survey.h"
#include "sys/io.h"

enum {
	PIECE = 1 << 20,
};

struct one {
	struct image *img;
	struct survey survey;
	bool readable;
};

struct verify {
	const char *store;
	int dir_fd;
	struct one *images;
	size_t n;
	struct index index;           /* by block */
	struct sweep_range *contents; /* of all images, each once, by block */
	size_t n_contents;
	uint64_t *bad; /* blocks of the damaged ones, ascending */
	size_t n_bad;
	struct sha256 *hash;
	char *piece;
	void (*damage)(void *ctx, const char *image, struct span path, const char *what);
	void *ctx;
	const struct tool_watch *watch;
	struct image_verify_result result;
};

static void verify_done(struct verify *v)
{
	for (size_t i = 0; i < v->n; i++) {
		image_free(v->images[i].img);
		survey_done(&v->images[i].survey);
	}
	free(v->images);
	index_done(&v->index);
	free(v->contents);
	free(v->bad);
	sha256_free(v->hash);
	free(v->piece);
	cleanup_closep(&v->dir_fd);
}

static void tell(struct verify *v, const char *image, struct span path, const char *what)
{
	v->result.damages++;
	v->damage(v->ctx, image, path, what);
}

static const struct span whole = { "", 0 };

/* Opens an image and reads what it refers to. An image of an older version has no digests of files.
 */
static int open_one(struct verify *v, const char *name)
{
	struct one *o = &v->images[v->n];
	struct error why;

	*o = (struct one){ 0 };
	v->result.images++;
	if (image_open(v->store, name, &o->img, &why) < 0) {
		tell(v, name, whole, why.text);
		return 0;
	}
	v->n++;
	if (o->img->metadata_bytes == 0)
		return 0;
	int r = survey_read(&o->survey, o->img->fd, place_metadata(o->img->digest).path, &why);
	if (r == -ENOMEM)
		return r;
	o->readable = r == 0;
	if (r < 0)
		tell(v, name, whole, why.text);
	return 0;
}

static int open_all(struct verify *v, const struct strv *names, struct error *err)
{
	cleanup_strv struct strv all = { 0 };

	int r = names->n > 0 ? strv_add_all(&all, names) : names_read(v->store, &all, err);
	if (r < 0)
		return r;
	v->images = calloc(all.n + 1, sizeof *v->images);
	v->hash = sha256_new();
	v->piece = malloc(PIECE);
	if (!v->images || !v->hash || !v->piece)
		return fail(err, -ENOMEM, "verify '%s'", v->store);
	for (size_t i = 0; i < all.n; i++)
		if (open_one(v, all.v[i]) < 0)
			return fail(err, -ENOMEM, "verify '%s'", v->store);
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct sweep_range *x = a, *y = b;

	return (x->block > y->block) - (x->block < y->block);
}

static int collect(struct verify *v, struct error *err)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->images[i].survey.n;
	v->contents = calloc(n + 1, sizeof *v->contents);
	v->bad = calloc(n + 1, sizeof *v->bad);
	if (!v->contents || !v->bad)
		return fail(err, -ENOMEM, "verify '%s'", v->store);
	n = 0;
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->images[i].survey.n; k++)
			v->contents[n++] = (struct sweep_range){ v->images[i].survey.refs[k].block,
				v->images[i].survey.refs[k].bytes };
	qsort(v->contents, n, sizeof *v->contents, compare_ranges);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || v->contents[i].block != v->contents[i - 1].block)
			v->contents[kept++] = v->contents[i];
	v->n_contents = kept;
	int r = survey_index(v->dir_fd, &v->index, err);
	survey_sort_index(&v->index);
	return r;
}

/* 1 when the content is what its digest says. */
static int is_sound(struct verify *v, int data_fd, const struct sweep_range *c)
{
	const struct index_record *r = survey_find(v->index.v, v->index.n, c->block);
	unsigned char digest[SHA256_BYTES];

	for (uint64_t at = 0; at < c->bytes; at += PIECE) {
		size_t want = c->bytes - at < PIECE ? (size_t)(c->bytes - at) : PIECE;
		ssize_t n = io_pread(data_fd, v->piece, want, (off_t)(c->block * INDEX_BLOCK + at));

		if (n < 0 && n != -EIO)
			return (int)n;
		if (n < 0 || (size_t)n < want)
			memset(v->piece, 0, want);
		sha256_add(v->hash, v->piece, want);
	}
	sha256_end(v->hash, digest);
	return r && r->bytes == c->bytes && memcmp(r->sha256, digest, sizeof digest) == 0;
}

static int read_contents(struct verify *v, struct error *err)
{
	uint64_t total = 0;
	int data_fd = -1;

	for (size_t i = 0; i < v->n; i++)
		if (v->images[i].img->n_data_fds > 0)
			data_fd = v->images[i].img->data_fds[0];
	for (size_t i = 0; i < v->n_contents; i++)
		total += v->contents[i].bytes;
	for (size_t i = 0; i < v->n_contents; i++) {
		int r = is_sound(v, data_fd, &v->contents[i]);
		if (r < 0)
			return fail(err, r, "read '%s/data'", v->store);
		if (r == 0)
			v->bad[v->n_bad++] = v->contents[i].block;
		v->result.contents++;
		v->result.bytes += v->contents[i].bytes;
		if (v->watch && v->watch->bytes)
			v->watch->bytes(v->watch->ctx, v->result.bytes, total);
	}
	return 0;
}

/* A walk that names what is damaged in one image. */
struct naming {
	struct verify *v;
	struct one *one;
	bool metadata; /* look for broken blocks of metadata, rather than for bad contents */
	uint64_t named;
};

static int compare_blocks(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool touches(const struct naming *n, size_t from, size_t bytes)
{
	for (size_t i = from / EROFS_BLOCK; bytes > 0 && i <= (from + bytes - 1) / EROFS_BLOCK; i++)
		if (seal_is_broken(buf_span(&n->one->survey.metadata), i))
			return true;
	return false;
}

static bool touches_span(const struct naming *n, struct span s)
{
	return s.n > 0 && touches(n, (size_t)(s.p - n->one->survey.metadata.p), s.n);
}

static int name_one(void *ctx, const struct erofs_name *name, struct error *err)
{
	struct naming *n = ctx;
	const struct erofs_node *node = name->node;
	uint64_t block = node->block;
	bool bad = !n->metadata && node->is_data &&
		   bsearch(&block, n->v->bad, n->v->n_bad, sizeof *n->v->bad, compare_blocks);

	(void)err;
	if (n->metadata)
		bad = touches(n, (size_t)(node->nid << EROFS_SLOT_BITS), EROFS_COMPACT_BYTES) ||
		      touches_span(n, node->head) || touches_span(n, node->tail);
	if (bad) {
		tell(n->v, n->one->img->name, name->path,
			n->metadata ? "what the image's metadata says of it" : "its content");
		n->named++;
	}
	return 0;
}

static int name_bad(struct verify *v, struct one *o, bool metadata, uint64_t *ret_named)
{
	struct naming n = { v, o, metadata, 0 };
	struct error why;

	int r = erofs_walk(&o->survey.reader, name_one, &n, &why);
	*ret_named = n.named;
	return r == -ENOMEM ? r : 0;
}

static int check_one(struct verify *v, struct one *o, struct error *err)
{
	char digest[SHA256_TEXT];
	uint64_t named = 0;
	struct error why;

	int r = name_bad(v, o, false, &named);
	if (r < 0)
		return fail(err, r, "verify '%s'", o->img->name);
	/* Before addresses are taken out for the digest. */
	r = name_bad(v, o, true, &named);
	if (r < 0)
		return fail(err, r, "verify '%s'", o->img->name);
	r = survey_digest(&o->survey, v->index.v, v->index.n, digest, &why);
	if (r == -ENOMEM)
		return fail(err, r, "verify '%s'", o->img->name);
	if (named == 0 && v->n_bad == 0 && (r < 0 || strcmp(digest, o->img->digest) != 0))
		tell(v, o->img->name, whole,
			r < 0 ? why.text : "its digest is not that of its files");
	return 0;
}

static int forget_bad(struct verify *v, struct error *err)
{
	if (v->n_bad == 0)
		return 0;
	cleanup_fd int lock = image_store_lock(v->store, true, err);
	return lock < 0 ? lock : contents_forget(v->dir_fd, v->store, v->bad, v->n_bad, err);
}

int image_verify(const char *store, const struct strv *names,
	void (*damage)(void *ctx, const char *image, struct span path, const char *what), void *ctx,
	const struct tool_watch *watch, struct image_verify_result *ret, struct error *err)
{
	cleanup(verify_done) struct verify v = {
		.store = store, .damage = damage, .ctx = ctx, .watch = watch, .dir_fd = -1
	};

	v.dir_fd = place_open(store, err);
	int r = v.dir_fd < 0 ? v.dir_fd : open_all(&v, names, err);
	if (r == 0)
		r = collect(&v, err);
	if (r == 0)
		r = read_contents(&v, err);
	for (size_t i = 0; r == 0 && i < v.n; i++)
		if (v.images[i].readable)
			r = check_one(&v, &v.images[i], err);
	if (r == 0)
		r = forget_bad(&v, err);
	if (r == 0)
		*ret = v.result;
	return r;
}
