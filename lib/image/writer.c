/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "erofs/write.h"
#include "hash/sha256.h"
#include "place.h"
#include "seal.h"
#include "survey.h"
#include "sys/io.h"

struct image_writer {
	char *store;
	int dir_fd, lock_fd;
	struct contents *contents;
	struct tree *tree;
	struct layers layers;
};

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Drafts are a dead writer's: we hold the lock. */
static void remove_drafts(int store_fd, const char *path)
{
	int fd = openat(store_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	for (const struct dirent *e; d && (e = readdir(d));)
		if (e->d_name[0] == '.' && e->d_name[strspn(e->d_name, ".")] != '\0')
			unlinkat(dirfd(d), e->d_name, 0);
}

static int open_all(struct image_writer *w, struct error *err)
{
	w->dir_fd = place_open(w->store, err);
	if (w->dir_fd < 0)
		return w->dir_fd;
	if (mkdirat(w->dir_fd, PLACE_METADATA, 0755) < 0 && errno != EEXIST)
		return fail(err, -errno, "make directory '%s/" PLACE_METADATA "'", w->store);
	remove_drafts(w->dir_fd, ".");
	remove_drafts(w->dir_fd, PLACE_METADATA);
	return contents_open(w->dir_fd, w->store, &w->contents, err);
}

int image_writer_open(const char *store, bool wait, struct image_writer **ret, struct error *err)
{
	cleanup(image_writer_closep) struct image_writer *w = calloc(1, sizeof *w);
	if (!w)
		return fail(err, -ENOMEM, "write into '%s'", store);
	w->dir_fd = w->lock_fd = -1;
	w->store = strdup(store);
	w->tree = tree_new();
	if (!w->store || !w->tree)
		return fail(err, -ENOMEM, "write into '%s'", store);
	w->lock_fd = image_store_lock(store, wait, err);
	if (w->lock_fd < 0)
		return w->lock_fd;
	int r = open_all(w, err);
	if (r < 0)
		return r;
	w->layers = (struct layers){ .tree = w->tree, .contents = w->contents };
	*ret = take_ptr(w);
	return 0;
}

struct layers *image_writer_layers(struct image_writer *w)
{
	return &w->layers;
}

static int compare_blocks(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_refs(const void *a, const void *b)
{
	const struct erofs_ref *x = a, *y = b;

	return (x->data->block > y->data->block) - (x->data->block < y->data->block);
}

/* Makes the contents durable that the metadata refers to. */
static int commit_contents(
	struct image_writer *w, const struct erofs_metadata *m, struct error *err)
{
	cleanup_free uint64_t *blocks = calloc(m->n_refs + 1, sizeof *blocks);
	if (!blocks)
		return fail(err, -ENOMEM, "write into '%s'", w->store);
	for (size_t i = 0; i < m->n_refs; i++)
		blocks[i] = m->refs[i].data->block;
	qsort(blocks, m->n_refs, sizeof *blocks, compare_blocks);
	return contents_commit(w->contents, blocks, m->n_refs, err);
}

/* Bytes of all contents, each once. */
static uint64_t sum_contents(const struct erofs_metadata *m)
{
	struct erofs_ref *refs = calloc(m->n_refs + 1, sizeof *refs);
	uint64_t sum = 0;

	if (!refs)
		return 0;
	memcpy(refs, m->refs, m->n_refs * sizeof *refs);
	qsort(refs, m->n_refs, sizeof *refs, compare_refs);
	for (size_t i = 0; i < m->n_refs; i++)
		if (i == 0 || refs[i].data->block != refs[i - 1].data->block)
			sum += refs[i].size;
	free(refs);
	return sum;
}

static int write_draft(
	struct image_writer *w, struct place p, const char *text, size_t n, struct error *err)
{
	cleanup_fd int fd = place_create(w->dir_fd, p);
	int r = fd < 0 ? fd : io_write(fd, text, n);

	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0)
		return 0;
	unlinkat(w->dir_fd, place_draft(p).path, 0);
	return fail(err, r, "write '%s/%s'", w->store, p.path);
}

static int finish(struct image_writer *w, struct place p, struct error *err)
{
	int r = place_finish(w->dir_fd, p);

	return r < 0 ? fail(err, r, "write '%s/%s'", w->store, p.path) : 0;
}

/*
 * Gives the metadata file its name. One that is there already and sound stays: others may have it
 * open. One that is not goes out of the way, under a name that gc knows for nobody's.
 */
static int finish_metadata(struct image_writer *w, const char *digest, struct error *err)
{
	struct place p = place_metadata(digest), aside;

	if (survey_check(w->dir_fd, digest, NULL) == 0) {
		unlinkat(w->dir_fd, place_draft(p).path, 0);
		return 0;
	}
	snprintf(aside.path, sizeof aside.path, "%.*s-%d" PLACE_ROOTFS,
		(int)(strlen(p.path) - strlen(PLACE_ROOTFS)), p.path, (int)getpid());
	if (renameat(w->dir_fd, p.path, w->dir_fd, aside.path) < 0 && errno != ENOENT)
		return fail(err, -errno, "rename '%s/%s'", w->store, p.path);
	return finish(w, p, err);
}

/* Everything that may fail for want of space comes before the contents are anybody's. */
static int write_drafts(struct image_writer *w, const struct image *img,
	const struct erofs_metadata *m, struct error *err)
{
	cleanup_free char *text = image_config_format(img);
	if (!text)
		return fail(err, -ENOMEM, "write '%s/%s'", w->store, img->name);

	int r = write_draft(w, place_metadata(img->digest), m->p, m->n, err);
	return r < 0 ? r : write_draft(w, place_config(img->name), text, strlen(text), err);
}

static int publish(struct image_writer *w, const struct image *img, struct error *err)
{
	int r = finish_metadata(w, img->digest, err);
	if (r == 0)
		r = finish(w, place_config(img->name), err);
	/* What an older version kept beside it is nobody's now. */
	if (r == 0)
		unlinkat(w->dir_fd, place_rootfs(img->name).path, 0);
	return r;
}

static int set_digest(struct image *img, const struct erofs_metadata *m, struct error *err)
{
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	char *text = malloc(SHA256_TEXT);
	unsigned char digest[SHA256_BYTES];

	if (!h || !text) {
		free(text);
		return fail(err, -ENOMEM, "write image '%s'", img->name);
	}
	erofs_digest(m, h, digest);
	free(img->digest);
	img->digest = sha256_format(digest, text);
	return 0;
}

int image_writer_commit(struct image_writer *w, struct image *img, struct error *err)
{
	cleanup(erofs_metadata_done) struct erofs_metadata m = { 0 };

	int r = erofs_write(w->tree, &m, err);
	if (r == 0)
		r = set_digest(img, &m, err);
	if (r == 0)
		r = erofs_place(&m, err);
	if (r == 0 && (r = seal_add(&m)) < 0)
		fail(err, r, "write image '%s'", img->name);
	if (r < 0)
		return r;
	img->metadata_bytes = m.n;
	img->bytes = m.n + sum_contents(&m);
	r = write_drafts(w, img, &m, err);
	if (r == 0)
		r = commit_contents(w, &m, err);
	if (r == 0)
		r = publish(w, img, err);
	if (r < 0) {
		unlinkat(w->dir_fd, place_draft(place_metadata(img->digest)).path, 0);
		unlinkat(w->dir_fd, place_draft(place_config(img->name)).path, 0);
	}
	return r;
}

void image_writer_close(struct image_writer *w)
{
	if (!w)
		return;
	contents_close(w->contents);
	tree_free(w->tree);
	cleanup_closep(&w->dir_fd);
	cleanup_closep(&w->lock_fd);
	free(w->store);
	free(w);
}

void image_writer_closep(struct image_writer **w)
{
	image_writer_close(*w);
}
