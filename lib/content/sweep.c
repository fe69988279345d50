/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "index.h"

enum {
	BLOCK = INDEX_BLOCK,
};

static int compare_ranges(const void *a, const void *b)
{
	const struct sweep_range *x = a, *y = b;

	return (x->block > y->block) - (x->block < y->block);
}

static int compare_blocks(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Puts @x in the place of the index. */
static int replace_index(int dir_fd, const char *path, const struct index *x, struct error *err)
{
	cleanup_fd int fd =
		openat(dir_fd, ".index", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r = fd < 0 || fchmod(fd, 0644) < 0 ? -errno : index_append(x, 0, fd, 0);

	if (r == 0 && (fsync(fd) < 0 || renameat(dir_fd, ".index", dir_fd, "index") < 0 ||
			      fsync(dir_fd) < 0))
		r = -errno;
	return r < 0 ? fail(err, r, "write '%s/index'", path) : 0;
}

static int read_index(int dir_fd, const char *path, struct index *x, struct error *err)
{
	cleanup_fd int fd = openat(dir_fd, "index", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT ? 0 : fail(err, -errno, "open '%s/index'", path);
	return index_read(x, fd, err);
}

static int sweep_index(int dir_fd, const char *path, const struct sweep_range *live, size_t n,
	uint64_t *ret_gone, struct error *err)
{
	cleanup(index_done) struct index x = { 0 };
	size_t kept = 0;

	int r = read_index(dir_fd, path, &x, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < x.n; i++) {
		const struct sweep_range key = { .block = x.v[i].block };

		if (n > 0 && bsearch(&key, live, n, sizeof *live, compare_ranges))
			x.v[kept++] = x.v[i];
	}
	*ret_gone = x.n - kept;
	if (kept == x.n && x.damaged == 0)
		return 0;
	x.n = kept;
	return replace_index(dir_fd, path, &x, err);
}

static int punch(int fd, uint64_t from, uint64_t to)
{
	if (from >= to)
		return 0;
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(from * BLOCK),
		       (off_t)((to - from) * BLOCK)) < 0
		       ? -errno
		       : 0;
}

/* Punches what lies between the live ranges, and cuts off what lies behind the last. */
static int sweep_data(int fd, const struct sweep_range *live, size_t n)
{
	uint64_t end = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t past = live[i].block + (live[i].bytes + BLOCK - 1) / BLOCK;

		int r = punch(fd, end, live[i].block);
		if (r < 0)
			return r;
		end = past > end ? past : end;
	}
	return ftruncate(fd, (off_t)(end * BLOCK)) < 0 || fdatasync(fd) < 0 ? -errno : 0;
}

int contents_sweep(int dir_fd, const char *path, struct sweep_range *live, size_t n,
	struct sweep_result *ret, struct error *err)
{
	struct stat before = { 0 }, after = { 0 };

	if (n > 0)
		qsort(live, n, sizeof *live, compare_ranges);
	int r = sweep_index(dir_fd, path, live, n, &ret->contents, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = openat(dir_fd, "data", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	r = fd < 0 || fstat(fd, &before) < 0 ? -errno : sweep_data(fd, live, n);
	if (r == -EOPNOTSUPP)
		return refuse(err, r,
			"the file system of '%s' cannot give back parts of a file (hole punching)",
			path);
	if (r < 0 || fstat(fd, &after) < 0)
		return fail(err, r < 0 ? r : -errno, "give back room of '%s/data'", path);
	if (after.st_blocks < before.st_blocks)
		ret->freed = (uint64_t)(before.st_blocks - after.st_blocks) * 512;
	return 0;
}

int contents_forget(
	int dir_fd, const char *path, const uint64_t *blocks, size_t n, struct error *err)
{
	cleanup(index_done) struct index x = { 0 };

	int r = read_index(dir_fd, path, &x, err);
	if (r < 0 || n == 0)
		return r;
	/* The records stay: they say how far data goes. No content has this digest. */
	for (size_t i = 0; i < x.n; i++)
		if (bsearch(&x.v[i].block, blocks, n, sizeof *blocks, compare_blocks))
			memset(x.v[i].sha256, 0xff, sizeof x.v[i].sha256);
	return replace_index(dir_fd, path, &x, err);
}
