/* SPDX-License-Identifier: MIT */
#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"

enum {
	BLOCK = INDEX_BLOCK,
	OUT_BYTES = 4 << 20,     /* contents up to this are looked up before they are written */
	WRITE_BEHIND = 16 << 20, /* so much is given to the disk at once, while more comes */
};

struct contents {
	char *path;
	int data_fd, index_fd;
	struct index index;
	size_t old_records;
	uint64_t index_bytes; /* of the file that are good */
	uint64_t start, end;  /* blocks: where this writer began, where it is */
	uint64_t behind;      /* blocks that the disk was told of */

	char *out; /* whole blocks that wait to be written, the last of them at `end` */
	size_t out_n;

	/* The content that is being added. */
	struct sha256 *hash;
	uint64_t size, at;
	bool direct; /* too large for `out` */
	bool writing;

	uint64_t bytes, new_bytes;
};

static uint64_t blocks_of(uint64_t bytes)
{
	return (bytes + BLOCK - 1) / BLOCK;
}

static int failed(const struct contents *c, int r, const char *what, struct error *err)
{
	return fail(err, r, "%s '%s/data'", what, c->path);
}

static int open_file(struct contents *c, int dir_fd, const char *name, struct error *err)
{
	int fd = openat(dir_fd, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return fail(err, -errno, "open '%s/%s'", c->path, name);
	/* VMs of others open it too, whatever the umask of who made it. */
	struct stat st;
	if (fstat(fd, &st) == 0 && st.st_size == 0)
		fchmod(fd, 0644);
	return fd;
}

/*
 * Where to begin. With a sound index nothing behind its last content is anybody's, and is cut off;
 * else all that is there is left for contents_sweep().
 */
static int find_end(struct contents *c, struct error *err)
{
	struct stat data, index;

	if (fstat(c->data_fd, &data) < 0 || fstat(c->index_fd, &index) < 0)
		return failed(c, -errno, "stat", err);
	c->index_bytes = (uint64_t)index.st_size / INDEX_RECORD_BYTES * INDEX_RECORD_BYTES;
	c->end = blocks_of((uint64_t)data.st_size);
	if (c->index.damaged == 0 && c->index.n > 0 && index_end(&c->index) < c->end)
		c->end = index_end(&c->index);
	if (index_end(&c->index) > c->end)
		return refuse(err, -EINVAL,
			"'%s/data' is damaged: it is shorter than its index says", c->path);
	if (ftruncate(c->data_fd, (off_t)(c->end * BLOCK)) < 0)
		return failed(c, -errno, "truncate", err);
	c->start = c->behind = c->end;
	return 0;
}

int contents_open(int dir_fd, const char *path, struct contents **ret, struct error *err)
{
	cleanup(contents_closep) struct contents *c = calloc(1, sizeof *c);
	if (!c)
		return fail(err, -ENOMEM, "open '%s'", path);
	c->data_fd = c->index_fd = -1;
	c->path = strdup(path);
	c->out = malloc(OUT_BYTES);
	c->hash = sha256_new();
	if (!c->path || !c->out || !c->hash)
		return fail(err, -ENOMEM, "open '%s'", path);
	c->data_fd = open_file(c, dir_fd, "data", err);
	if (c->data_fd < 0)
		return c->data_fd;
	c->index_fd = open_file(c, dir_fd, "index", err);
	if (c->index_fd < 0)
		return c->index_fd;

	int r = index_read(&c->index, c->index_fd, err);
	if (r == 0)
		r = find_end(c, err);
	if (r < 0)
		return r;
	c->old_records = c->index.n;
	c->writing = true;
	*ret = take_ptr(c);
	return 0;
}

/* Lets the disk begin: the sync at the end is then a short one. */
static void write_behind(struct contents *c)
{
	uint64_t n = (c->end - c->behind) * BLOCK;

	if (n < WRITE_BEHIND)
		return;
	sync_file_range(c->data_fd, (off_t)(c->behind * BLOCK), (off_t)n, SYNC_FILE_RANGE_WRITE);
	c->behind = c->end;
}

static int flush(struct contents *c, struct error *err)
{
	if (c->out_n == 0)
		return 0;
	int r = io_pwrite(c->data_fd, c->out, c->out_n, (off_t)(c->end * BLOCK - c->out_n));
	if (r < 0)
		return failed(c, r, "write", err);
	c->out_n = 0;
	write_behind(c);
	return 0;
}

int contents_begin(struct contents *c, uint64_t size, struct error *err)
{
	int r = 0;

	c->size = size;
	c->at = 0;
	c->direct = blocks_of(size) * BLOCK > OUT_BYTES;
	if (c->direct || c->out_n + blocks_of(size) * BLOCK > OUT_BYTES)
		r = flush(c, err);
	if (r == 0 && c->direct &&
		ftruncate(c->data_fd, (off_t)((c->end + blocks_of(size)) * BLOCK)) < 0)
		r = failed(c, -errno, "extend", err);
	return r;
}

static void hash_zeros(struct contents *c, uint64_t n)
{
	static const char zeros[64 << 10];

	for (; n > sizeof zeros; n -= sizeof zeros)
		sha256_add(c->hash, zeros, sizeof zeros);
	sha256_add(c->hash, zeros, n);
}

int contents_piece(struct contents *c, uint64_t at, struct span piece, struct error *err)
{
	if (!c->direct) {
		memset(c->out + c->out_n + c->at, 0, at - c->at);
		memcpy(c->out + c->out_n + at, piece.p, piece.n);
		c->at = at + piece.n;
		return 0;
	}
	hash_zeros(c, at - c->at);
	sha256_add(c->hash, piece.p, piece.n);
	c->at = at + piece.n;
	int r = io_pwrite(c->data_fd, piece.p, piece.n, (off_t)(c->end * BLOCK + at));
	return r < 0 ? failed(c, r, "write", err) : 0;
}

/* The content was there before: what was written of it goes away again. */
static int take_back(struct contents *c, struct error *err)
{
	if (c->direct && ftruncate(c->data_fd, (off_t)(c->end * BLOCK)) < 0)
		return failed(c, -errno, "truncate", err);
	return 0;
}

static void keep(struct contents *c)
{
	size_t n = blocks_of(c->size) * BLOCK;

	c->end += blocks_of(c->size);
	c->new_bytes += c->size;
	if (c->direct) {
		write_behind(c);
		return;
	}
	memset(c->out + c->out_n + c->size, 0, n - c->size);
	c->out_n += n;
}

int contents_end(struct contents *c, struct tree_data *ret, struct error *err)
{
	struct index_record r = { .block = c->end, .bytes = c->size };

	if (c->direct) {
		hash_zeros(c, c->size - c->at);
	} else {
		memset(c->out + c->out_n + c->at, 0, c->size - c->at);
		sha256_add(c->hash, c->out + c->out_n, c->size);
	}
	sha256_end(c->hash, r.sha256);
	c->bytes += c->size;

	const struct index_record *old = index_find(&c->index, r.sha256);
	memcpy(ret->sha256, r.sha256, sizeof ret->sha256);
	ret->block = old ? old->block : r.block;
	if (old)
		return take_back(c, err);
	int e = index_add(&c->index, &r);
	if (e < 0)
		return fail(err, e, "remember contents of '%s'", c->path);
	keep(c);
	return 0;
}

ssize_t contents_read(struct contents *c, const struct tree_data *d, void *p, size_t n, uint64_t at)
{
	int r = flush(c, NULL);

	return r < 0 ? r : io_pread(c->data_fd, p, n, (off_t)(d->block * BLOCK + at));
}

void contents_count(const struct contents *c, uint64_t *ret_bytes, uint64_t *ret_new)
{
	*ret_bytes = c->bytes;
	*ret_new = c->new_bytes;
}

/* Drops the new records that nobody needs, and the room that they take. New ones ascend by block.
 */
static int drop_unneeded(struct contents *c, const uint64_t *blocks, size_t n, struct error *err)
{
	size_t kept = c->old_records, k = 0;
	uint64_t end = c->start;

	for (size_t i = c->old_records; i < c->index.n; i++) {
		const struct index_record *r = &c->index.v[i];

		while (k < n && blocks[k] < r->block)
			k++;
		if (k < n && blocks[k] == r->block) {
			end = r->block + blocks_of(r->bytes);
			c->index.v[kept++] = *r;
			continue;
		}
		if (fallocate(c->data_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			    (off_t)(r->block * BLOCK), (off_t)(blocks_of(r->bytes) * BLOCK)) < 0 &&
			errno != EOPNOTSUPP)
			return failed(c, -errno, "punch a hole into", err);
	}
	c->index.n = kept;
	c->end = end;
	return ftruncate(c->data_fd, (off_t)(end * BLOCK)) < 0 ? failed(c, -errno, "truncate", err)
							       : 0;
}

int contents_commit(struct contents *c, const uint64_t *blocks, size_t n, struct error *err)
{
	int r = flush(c, err);
	if (r == 0)
		r = drop_unneeded(c, blocks, n, err);
	if (r < 0)
		return r;
	if (fdatasync(c->data_fd) < 0)
		return failed(c, -errno, "sync", err);

	uint64_t added = (c->index.n - c->old_records) * INDEX_RECORD_BYTES;
	r = index_append(&c->index, c->old_records, c->index_fd, c->index_bytes);
	if (r < 0 || fdatasync(c->index_fd) < 0) {
		r = r < 0 ? r : -errno;
		if (ftruncate(c->index_fd, (off_t)c->index_bytes) < 0)
			r = r < 0 ? r : -errno;
		return fail(err, r, "write '%s/index'", c->path);
	}
	c->index_bytes += added;
	c->start = c->end;
	c->old_records = c->index.n;
	return 0;
}

void contents_close(struct contents *c)
{
	if (!c)
		return;
	/* What was not committed; if this fails, the next writer cuts it off. */
	if (c->writing)
		(void)!ftruncate(c->data_fd, (off_t)(c->start * BLOCK));
	cleanup_closep(&c->data_fd);
	cleanup_closep(&c->index_fd);
	index_done(&c->index);
	sha256_free(c->hash);
	free(c->out);
	free(c->path);
	free(c);
}

void contents_closep(struct contents **c)
{
	contents_close(*c);
}
