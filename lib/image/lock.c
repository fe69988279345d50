/* SPDX-License-Identifier: MIT */
/* Who changes the store, one at a time. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "image.h"

int image_store_make(const char *path)
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
	int r = image_store_make(store);
	if (r < 0)
		return fail(err, r, "make image store '%s'", store);

	cleanup_fd int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open image store '%s'", store);
	if (flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0)
		return fail(err, -errno, "lock image store '%s'", store);
	return take_fd(fd);
}

int image_store_lock_builds(const char *store, bool wait, struct error *err)
{
	char path[4096];

	int r = image_store_make(store);
	if (r < 0)
		return fail(err, r, "make image store '%s'", store);
	snprintf(path, sizeof path, "%s/build.lock", store);
	cleanup_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)) < 0)
		return fail(err, -errno, "lock '%s'", path);
	return take_fd(fd);
}
