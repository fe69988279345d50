/* SPDX-License-Identifier: MIT */
#include "survey.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "erofs/format.h"
#include "erofs/write.h"
#include "place.h"
#include "seal.h"
#include "sys/io.h"

enum {
	METADATA_MAX = 1 << 30,
};

static int add_ref(void *ctx, const struct erofs_name *name, struct error *err)
{
	struct survey *s = ctx;

	if (name->again || !name->node->is_data)
		return 0;
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 1024;
		struct survey_ref *v = reallocarray(s->refs, room, sizeof *v);
		if (!v)
			return fail(err, -ENOMEM, "read metadata");
		s->refs = v;
		s->room = room;
	}
	s->refs[s->n++] =
		(struct survey_ref){ name->node->address_at, name->node->block, name->node->size };
	return 0;
}

static int compare_refs(const void *a, const void *b)
{
	const struct survey_ref *x = a, *y = b;

	return (x->address_at > y->address_at) - (x->address_at < y->address_at);
}

int survey_read(struct survey *s, int fd, const char *path, struct error *err)
{
	struct error why;

	int r = io_read_all(fd, METADATA_MAX, &s->metadata);
	if (r < 0)
		return fail(err, r, "read '%s'", path);
	s->fs = seal_inside(buf_span(&s->metadata));
	r = erofs_open(&s->reader, s->fs, &why);
	if (r == 0)
		r = erofs_walk(&s->reader, add_ref, s, &why);
	if (r < 0)
		return refuse(err, r, "'%s' is damaged: %s", path, why.text);
	if (s->n > 0)
		qsort(s->refs, s->n, sizeof *s->refs, compare_refs);
	return 0;
}

static int compare_records(const void *a, const void *b)
{
	const struct index_record *x = a, *y = b;

	return (x->block > y->block) - (x->block < y->block);
}

void survey_sort_index(struct index *x)
{
	if (x->n > 0)
		qsort(x->v, x->n, sizeof *x->v, compare_records);
}

const struct index_record *survey_find(
	const struct index_record *by_block, size_t n, uint64_t block)
{
	const struct index_record key = { .block = block };

	return n ? bsearch(&key, by_block, n, sizeof key, compare_records) : NULL;
}

int survey_digest(struct survey *s, const struct index_record *by_block, size_t n,
	char ret[SHA256_TEXT], struct error *err)
{
	cleanup_free struct erofs_ref *refs = calloc(s->n + 1, sizeof *refs);
	cleanup_free struct tree_data *data = calloc(s->n + 1, sizeof *data);
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	unsigned char digest[SHA256_BYTES];

	if (!refs || !data || !h)
		return fail(err, -ENOMEM, "check metadata");
	for (size_t i = 0; i < s->n; i++) {
		const struct index_record *r = survey_find(by_block, n, s->refs[i].block);

		if (!r || r->bytes != s->refs[i].bytes)
			return refuse(err, -ENODATA,
				"the index does not know the content at block %llu",
				(unsigned long long)s->refs[i].block);
		memcpy(data[i].sha256, r->sha256, sizeof data[i].sha256);
		refs[i].data = &data[i];
		put32(s->metadata.p + s->refs[i].address_at, 0);
	}
	put32(s->metadata.p + EROFS_DEVICE_BLOCKS_AT, 0);
	erofs_digest(&(struct erofs_metadata){ s->metadata.p, s->fs.n, refs, s->n }, h, digest);
	sha256_format(digest, ret);
	return 0;
}

int survey_index(int store_fd, struct index *x, struct error *err)
{
	cleanup_fd int fd = openat(store_fd, "index", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(err, -errno, "open the index of contents");
	return index_read(x, fd, err);
}

int survey_check(int store_fd, const char *digest, struct error *err)
{
	cleanup(survey_done) struct survey s = { 0 };
	cleanup(index_done) struct index x = { 0 };
	struct place p = place_metadata(digest);
	char is[SHA256_TEXT];

	cleanup_fd int fd = openat(store_fd, p.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", p.path);
	int r = survey_read(&s, fd, p.path, err);
	if (r == 0)
		r = survey_index(store_fd, &x, err);
	if (r < 0)
		return r;
	survey_sort_index(&x);
	r = survey_digest(&s, x.v, x.n, is, err);
	if (r < 0)
		return r;
	return strcmp(is, digest) == 0
		       ? 0
		       : refuse(err, -EBADMSG, "'%s' is damaged: its digest is %s", p.path, is);
}

void survey_done(struct survey *s)
{
	buf_done(&s->metadata);
	free(s->refs);
	*s = (struct survey){ 0 };
}
