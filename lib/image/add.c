/* SPDX-License-Identifier: MIT */
/* The writing side of the store; store.c has the theory. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/io.h"

static void digest_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static int make_directories(const char *path)
{
	cleanup_free char *copy = strdup(path);
	if (!copy)
		return -ENOMEM;

	for (char *p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return mkdir(copy, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int image_store_lock(const char *store, bool wait, struct error *err)
{
	int r = make_directories(store);
	if (r < 0)
		return fail(err, r, "make image store '%s'", store);

	cleanup_fd int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open image store '%s'", store);
	if (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0)
		return fail(err, -errno, "lock image store '%s'", store);
	return take_fd(fd);
}

static int format_digest(EVP_MD_CTX *ctx, char **ret)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (!EVP_DigestFinal_ex(ctx, raw, &n))
		return -EIO;

	char *text = malloc(7 + 2 * (size_t)n + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, "sha256:", 8);
	for (size_t i = 0; i < n; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", raw[i]);
	*ret = text;
	return 0;
}

/* Copies all of @from to @to; gives the digest and the size of what went through. */
static int copy_digest(int from, int to, char **ret_digest, uint64_t *ret_bytes)
{
	enum {
		CHUNK = 1 << 20,
	};
	cleanup_free char *chunk = malloc(CHUNK);
	cleanup(digest_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (!chunk || !ctx || !EVP_DigestInit_ex(ctx, EVP_sha256(), NULL))
		return -ENOMEM;

	off_t at = 0;
	for (;;) {
		ssize_t n = io_pread(from, chunk, CHUNK, at);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		int r = io_write(to, chunk, (size_t)n);
		if (r < 0)
			return r;
		if (!EVP_DigestUpdate(ctx, chunk, (size_t)n))
			return -EIO;
		at += n;
	}
	*ret_bytes = (uint64_t)at;
	return format_digest(ctx, ret_digest);
}

/* A fresh file for everyone to read, whatever the umask. */
static int create(int dir, const char *name)
{
	cleanup_fd int fd =
		openat(dir, name, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0644) < 0)
		return -errno;
	return take_fd(fd);
}

static int write_rootfs(int dir, const char *name, struct image *img, int rootfs_fd)
{
	cleanup_free char *digest = NULL;
	uint64_t bytes = 0;

	cleanup_fd int fd = create(dir, name);
	if (fd < 0)
		return fd;
	int r = copy_digest(rootfs_fd, fd, &digest, &bytes);
	if (r < 0)
		return r;
	if (fsync(fd) < 0)
		return -errno;

	free(img->digest);
	img->digest = take_ptr(digest);
	img->bytes = bytes;
	return 0;
}

static int write_config(int dir, const char *name, const struct image *img)
{
	cleanup_free char *text = image_config_format(img);
	if (!text)
		return -ENOMEM;

	cleanup_fd int fd = create(dir, name);
	if (fd < 0)
		return fd;
	int r = io_write(fd, text, strlen(text));
	if (r == 0)
		r = io_write(fd, "\n", 1);
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

static int replace_both(int dir, const char *rootfs_tmp, const char *config_tmp)
{
	if (renameat(dir, rootfs_tmp, dir, rootfs_tmp + 1) < 0 ||
		renameat(dir, config_tmp, dir, config_tmp + 1) < 0)
		return -errno;
	return fsync(dir) < 0 ? -errno : 0;
}

int image_store_add(const char *store, struct image *img, int rootfs_fd, struct error *err)
{
	char rootfs[NAME_MAX + 1], config[NAME_MAX + 1];
	snprintf(rootfs, sizeof rootfs, ".%s.erofs", img->name);
	snprintf(config, sizeof config, ".%s.json", img->name);

	cleanup_fd int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(err, -errno, "open image store '%s'", store);

	int r = write_rootfs(dir, rootfs, img, rootfs_fd);
	if (r == 0)
		r = write_config(dir, config, img);
	if (r == 0)
		r = replace_both(dir, rootfs, config);
	if (r == 0)
		return 0;

	unlinkat(dir, rootfs, 0);
	unlinkat(dir, config, 0);
	return fail(err, r, "write image '%s' into '%s'", img->name, store);
}

int image_store_remove(const char *store, const char *name, struct error *err)
{
	if (!image_name_valid(name))
		return refuse(err, -EINVAL, "'%.80s' is no image name", name);

	char file[NAME_MAX + 1];
	cleanup_fd int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fail(err, -errno, "open image store '%s'", store);

	/* The config first: without it the rest is no image, with it alone the image would be a
	 * damaged one. */
	snprintf(file, sizeof file, "%s.json", name);
	if (unlinkat(dir, file, 0) < 0)
		return errno == ENOENT
			       ? refuse(err, -ENOENT, "no image '%s' in '%s'", name, store)
			       : fail(err, -errno, "remove image '%s' from '%s'", name, store);
	snprintf(file, sizeof file, "%s.erofs", name);
	if (unlinkat(dir, file, 0) < 0 && errno != ENOENT)
		return fail(err, -errno, "remove image '%s' from '%s'", name, store);
	return 0;
}
