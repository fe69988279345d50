/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "add.h"
#include "base/cleanup.h"
#include "base/near.h"
#include "config.h"
#include "erofs/format.h"
#include "names.h"
#include "place.h"
#include "sys/io.h"

enum {
	TRIES = 5,             /* against a gc that comes in between */
	DIGEST_SHORT = 7 + 12, /* "sha256:" and as many digits tell images apart */
};

static int refuse_unknown(const char *store, const char *name, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	int r = names_read(store, &names, err);
	if (r < 0)
		return r;

	char near[NEAR_TEXT_MAX];
	if (near_text(name, &names, near, sizeof near) == 0)
		return refuse(err, -ENOENT, "no image '%s' in '%s'", name, store);
	return refuse(err, -ENOENT, "no image '%s'; near names: %s", name, near);
}

int image_check_name(const char *name, struct error *err)
{
	if (image_name_valid(name))
		return 0;
	return refuse(err, -EINVAL,
		"'%.80s' is no image name: lower-case letters, digits, '.', '_' and '-', at most "
		"%d",
		name, IMAGE_NAME_MAX);
}

static int read_config(int dir, const char *store, struct image *img, struct error *err)
{
	char path[4096];
	struct place p = place_config(img->name);
	snprintf(path, sizeof path, "%s/%s", store, p.path);

	cleanup_fd int fd = openat(dir, p.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? refuse_unknown(store, img->name, err)
				       : fail(err, -errno, "open image config '%s'", path);

	cleanup_buf struct buf text = { 0 };
	int r = io_read_all(fd, IMAGE_CONFIG_MAX, &text);
	if (r < 0)
		return fail(err, r, "read image config '%s'", path);
	return image_config_parse(img, buf_span(&text), path, err);
}

/* Opens a file of erofs, and looks whether it is one, and as large as the config says. */
static int open_erofs(int dir, const char *store, struct place p, uint64_t bytes, struct error *err)
{
	char path[4096], magic[4] = "";
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", store, p.path);

	cleanup_fd int fd = openat(dir, p.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(err, -errno, "open image '%s'", path);
	if (fstat(fd, &st) < 0)
		return fail(err, -errno, "stat image '%s'", path);
	if (!S_ISREG(st.st_mode))
		return refuse(err, -EINVAL, "image '%s' is not a file", path);
	if (bytes && (uint64_t)st.st_size != bytes)
		return refuse(err, -EINVAL,
			"image '%s' is damaged: %lld bytes, its config says %llu; build it again",
			path, (long long)st.st_size, (unsigned long long)bytes);
	ssize_t n = io_pread(fd, magic, sizeof magic, EROFS_SUPER_AT);
	if (n < 0)
		return fail(err, (int)n, "read image '%s'", path);
	if (get32(magic) != EROFS_MAGIC)
		return refuse(err, -EINVAL, "image '%s' is damaged: no erofs file system", path);
	return take_fd(fd);
}

/* All in one file, as older versions had it. */
static int open_old(int dir, const char *store, struct image *img, struct error *err)
{
	struct stat st;
	int fd = open_erofs(dir, store, place_rootfs(img->name), img->bytes, err);

	if (fd < 0)
		return fd;
	img->fd = fd;
	if (fstat(fd, &st) == 0)
		img->bytes = (uint64_t)st.st_size;
	return 0;
}

/*
 * The metadata file, locked against gc; -ESTALE when gc had been there first. Where files cannot be
 * locked, gc cannot lock them either and leaves them alone.
 */
static int open_metadata(int dir, const char *store, struct image *img, struct error *err)
{
	struct stat st;
	cleanup_fd int fd =
		open_erofs(dir, store, place_metadata(img->digest), img->metadata_bytes, err);

	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	if (flock(fd, LOCK_SH) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0)
		return -ESTALE;
	img->data_fds[0] = openat(dir, "data", O_RDONLY | O_CLOEXEC);
	if (img->data_fds[0] < 0)
		return fail(err, -errno, "open '%s/data'", store);
	img->n_data_fds = 1;
	img->fd = take_fd(fd);
	return 0;
}

int image_read(const char *store, const char *name, struct image **ret, struct error *err)
{
	cleanup(image_freep) struct image *img = image_new(name);
	if (!img)
		return fail(err, -ENOMEM, "read image '%s'", name);

	cleanup_fd int dir = place_open(store, err);
	int r = dir < 0 ? dir : read_config(dir, store, img, err);
	if (r == 0)
		*ret = take_ptr(img);
	return r;
}

static int open_once(
	int dir, const char *store, const char *name, struct image **ret, struct error *err)
{
	cleanup(image_freep) struct image *img = image_new(name);
	if (!img)
		return fail(err, -ENOMEM, "open image '%s'", name);

	int r = read_config(dir, store, img, err);
	if (r == 0)
		r = img->metadata_bytes ? open_metadata(dir, store, img, err)
					: open_old(dir, store, img, err);
	if (r == 0)
		*ret = take_ptr(img);
	return r;
}

static int open_name(const char *store, const char *name, struct image **ret, struct error *err)
{
	int r = image_check_name(name, err);
	if (r < 0)
		return r;
	cleanup_fd int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? refuse_unknown(store, name, err)
				       : fail(err, -errno, "open image store '%s'", store);

	r = -ESTALE;
	for (int i = 0; r == -ESTALE && i < TRIES; i++)
		r = open_once(dir, store, name, ret, err);
	return r == -ESTALE ? refuse(err, -ENOENT,
				      "image '%s' in '%s' has no file system any more; add or "
				      "build it again",
				      name, store)
			    : r;
}

/* The first name, in order, whose image has @digest, or one that begins so. */
static int open_digest(const char *store, const char *digest, struct image **ret, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	cleanup_fd int dir = place_open(store, err);
	int r = dir < 0 ? dir : names_read(store, &names, err);
	if (r < 0)
		return r;

	for (size_t i = 0; i < names.n; i++) {
		cleanup(image_freep) struct image *img = image_new(names.v[i]);

		if (img && read_config(dir, store, img, NULL) == 0 &&
			strncmp(img->digest, digest, strlen(digest)) == 0)
			return open_name(store, names.v[i], ret, err);
	}
	return refuse(err, -ENOENT, "no image with digest '%.80s' in '%s'", digest, store);
}

int image_open(const char *store, const char *name, struct image **ret, struct error *err)
{
	if (strncmp(name, "sha256:", 7) == 0 && strlen(name) >= DIGEST_SHORT)
		return open_digest(store, name, ret, err);
	return open_name(store, name, ret, err);
}
