/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * The store is a directory. Image NAME is NAME.erofs, its root file system, and NAME.json, its
 * config; there is an image where there is a config. Readers take no lock. A writer holds flock()
 * on the directory, writes both files under names that start with a dot, makes them durable, and
 * then renames first the root file system and then the config. Killed before the renames, it leaves
 * the old image and two dot files, which the next writer of that name overwrites. Killed between
 * the two, it leaves a config whose "bytes" do not fit, which image_open() refuses.
 */
#include "image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/near.h"
#include "config.h"
#include "sys/io.h"

#define ROOTFS ".erofs"
#define CONFIG ".json"

/* Offset and value of the superblock's magic number, little-endian (fs/erofs/erofs_fs.h). */
enum {
	EROFS_SUPER_OFFSET = 1024,
};
static const unsigned char erofs_magic[4] = { 0xe2, 0xe1, 0xf5, 0xe0 };

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

char *image_store_path(const char *override)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int r = -1;

	if (!override)
		override = getenv("PE_IMAGES");
	if (override && *override)
		return strdup(override);
	if (cache && *cache == '/')
		r = asprintf(&path, "%s/program-explorer/images", cache);
	else if (home && *home == '/')
		r = asprintf(&path, "%s/.cache/program-explorer/images", home);
	return r < 0 ? NULL : path;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of all images, sorted. A store that does not exist is an empty one. */
static int read_names(const char *store, struct strv *names, struct error *err)
{
	cleanup(closedirp) DIR *d = opendir(store);
	if (!d)
		return errno == ENOENT ? 0 : fail(err, -errno, "open image store '%s'", store);

	for (const struct dirent *e; (e = readdir(d));) {
		size_t n = strlen(e->d_name), tail = strlen(CONFIG);
		char name[IMAGE_NAME_MAX + 1];

		if (n <= tail || n - tail > IMAGE_NAME_MAX ||
			strcmp(e->d_name + n - tail, CONFIG) != 0)
			continue;
		memcpy(name, e->d_name, n - tail);
		name[n - tail] = '\0';
		if (image_name_valid(name) && strv_add(names, name) < 0)
			return fail(err, -ENOMEM, "list image store '%s'", store);
	}
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, compare_names);
	return 0;
}

static int refuse_unknown(const char *store, const char *name, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	int r = read_names(store, &names, err);
	if (r < 0)
		return r;

	char near[NEAR_TEXT_MAX];
	if (near_text(name, &names, near, sizeof near) == 0)
		return refuse(err, -ENOENT, "no image '%s' in '%s'", name, store);
	return refuse(err, -ENOENT, "no image '%s'; near names: %s", name, near);
}

static int check_name(const char *name, struct error *err)
{
	if (image_name_valid(name))
		return 0;
	return refuse(err, -EINVAL,
		"'%.80s' is no image name: lower-case letters, digits, '.', '_' and '-', at most "
		"%d",
		name, IMAGE_NAME_MAX);
}

static int read_config(
	int dir, const char *store, struct image *img, uint64_t *ret_bytes, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s" CONFIG, store, img->name);

	cleanup_fd int fd =
		openat(dir, path + strlen(store) + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? refuse_unknown(store, img->name, err)
				       : fail(err, -errno, "open image config '%s'", path);

	cleanup_buf struct buf text = { 0 };
	int r = io_read_all(fd, IMAGE_CONFIG_MAX, &text);
	if (r < 0)
		return fail(err, r, "read image config '%s'", path);
	return image_config_parse(img, buf_span(&text), path, ret_bytes, err);
}

/* Opens the root file system and looks whether it is one, and the one that the config is about. */
static int open_rootfs(
	int dir, const char *store, struct image *img, uint64_t config_bytes, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s" ROOTFS, store, img->name);

	cleanup_fd int fd =
		openat(dir, path + strlen(store) + 1, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(err, -errno, "open image '%s'", path);

	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail(err, -errno, "stat image '%s'", path);
	if (!S_ISREG(st.st_mode))
		return refuse(err, -EINVAL, "image '%s' is not a file", path);
	if (config_bytes && (uint64_t)st.st_size != config_bytes)
		return refuse(err, -EINVAL,
			"image '%s' is damaged: %lld bytes, its config says %llu; build it again",
			path, (long long)st.st_size, (unsigned long long)config_bytes);

	unsigned char magic[sizeof erofs_magic] = { 0 };
	ssize_t n = io_pread(fd, magic, sizeof magic, EROFS_SUPER_OFFSET);
	if (n < 0)
		return fail(err, (int)n, "read image '%s'", path);
	if (memcmp(magic, erofs_magic, sizeof magic) != 0)
		return refuse(err, -EINVAL, "image '%s' is damaged: no erofs file system", path);

	img->bytes = (uint64_t)st.st_size;
	img->fd = take_fd(fd);
	return 0;
}

int image_open(const char *store, const char *name, struct image **ret, struct error *err)
{
	int r = check_name(name, err);
	if (r < 0)
		return r;

	cleanup(image_freep) struct image *img = image_new(name);
	if (!img)
		return fail(err, -ENOMEM, "open image '%s'", name);

	cleanup_fd int dir = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? refuse_unknown(store, name, err)
				       : fail(err, -errno, "open image store '%s'", store);

	uint64_t config_bytes = 0;
	r = read_config(dir, store, img, &config_bytes, err);
	if (r < 0)
		return r;
	r = open_rootfs(dir, store, img, config_bytes, err);
	if (r < 0)
		return r;

	*ret = take_ptr(img);
	return 0;
}

int image_list(const char *store, struct image ***ret, size_t *ret_n, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	int r = read_names(store, &names, err);
	if (r < 0)
		return r;

	struct image **list = calloc(names.n + 1, sizeof *list);
	if (!list)
		return fail(err, -ENOMEM, "list image store '%s'", store);

	for (size_t i = 0; i < names.n; i++) {
		r = image_open(store, names.v[i], &list[i], err);
		if (r < 0) {
			image_list_free(list, i);
			return r;
		}
		image_close_disks(list[i]);
	}
	*ret = list;
	*ret_n = names.n;
	return 0;
}
