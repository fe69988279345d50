/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

struct place place_config(const char *name)
{
	struct place p;

	snprintf(p.path, sizeof p.path, "%s" PLACE_CONFIG, name);
	return p;
}

struct place place_rootfs(const char *name)
{
	struct place p;

	snprintf(p.path, sizeof p.path, "%s" PLACE_ROOTFS, name);
	return p;
}

struct place place_metadata(const char *digest)
{
	struct place p;

	snprintf(p.path, sizeof p.path, PLACE_METADATA "/%s" PLACE_ROOTFS,
		digest + strlen("sha256:"));
	return p;
}

struct place place_draft(struct place p)
{
	const char *slash = strrchr(p.path, '/');
	size_t head = slash ? (size_t)(slash + 1 - p.path) : 0, n = strlen(p.path);

	/* Names of the store are far shorter than the room for them. */
	if (n + 2 <= sizeof p.path) {
		memmove(p.path + head + 1, p.path + head, n + 1 - head);
		p.path[head] = '.';
	}
	return p;
}

int place_open(const char *store, struct error *err)
{
	int fd = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(err, -errno, "open image store '%s'", store) : fd;
}

int place_create(int store_fd, struct place p)
{
	struct place draft = place_draft(p);
	int flags = O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;

	cleanup_fd int fd = openat(store_fd, draft.path, flags, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	return take_fd(fd);
}

static int sync_dir_of(int store_fd, struct place p)
{
	char *slash = strrchr(p.path, '/');

	if (slash)
		*slash = '\0';
	cleanup_fd int dir =
		openat(store_fd, slash ? p.path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 || fsync(dir) < 0 ? -errno : 0;
}

int place_finish(int store_fd, struct place p)
{
	if (renameat(store_fd, place_draft(p).path, store_fd, p.path) < 0)
		return -errno;
	return sync_dir_of(store_fd, p);
}
