/* SPDX-License-Identifier: MIT */
#include "settle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/io.h"

#define MOUNT "/sys/fs/cgroup"

enum { TEXT_MAX = 65536 };

static int read_text(const char *dir, const char *file, struct buf *ret)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, file) >= sizeof path)
		return -ENAMETOOLONG;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : io_read_all(fd, TEXT_MAX, ret);
}

static int write_text(const char *dir, const char *file, const char *text, struct error *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, file) >= sizeof path)
		return fail(err, -ENAMETOOLONG, "write '%s/%s'", dir, file);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : io_write(fd, text, strlen(text));
	return r < 0 ? fail(err, r, "write '%s' to '%s'", text, path) : 0;
}

static bool has_word(struct span text, const char *word)
{
	struct span one;

	while (span_cut(&text, ' ', &one)) {
		if (one.n > 0 && one.p[one.n - 1] == '\n')
			one.n--;
		if (span_equal(one, span_of(word)))
			return true;
	}
	return false;
}

int cgroup_settle_at(const char *path, struct error *err)
{
	cleanup_buf struct buf controllers = { 0 };
	char child[PATH_MAX];

	int r = read_text(path, "cgroup.controllers", &controllers);
	if (r < 0 || !has_word(buf_span(&controllers), "memory") ||
		!has_word(buf_span(&controllers), "pids"))
		return 0;
	if ((size_t)snprintf(child, sizeof child, "%s/service", path) >= sizeof child)
		return fail(err, -ENAMETOOLONG, "make a group below '%s'", path);
	if (mkdir(child, 0755) < 0 && errno != EEXIST)
		return fail(err, -errno, "make group '%s'", child);
	/* 0 is whoever writes. */
	r = write_text(child, "cgroup.procs", "0", err);
	if (r == 0)
		r = write_text(path, "cgroup.subtree_control", "+memory +pids", err);
	return r < 0 ? r : 1;
}

/* The line of version 2 is "0::/path". */
static bool own_path(char *path, size_t n)
{
	cleanup_buf struct buf text = { 0 };
	struct span rest, line;

	if (read_text("/proc/self", "cgroup", &text) < 0)
		return false;
	rest = buf_span(&text);
	while (span_cut(&rest, '\n', &line))
		if (span_starts(line, SPAN_LITERAL("0::/")) && line.n > 4)
			return (size_t)snprintf(
				       path, n, MOUNT "%.*s", (int)line.n - 3, line.p + 3) < n;
	return false;
}

int cgroup_settle(struct error *err)
{
	char path[PATH_MAX], mark[4];

	if (!own_path(path, sizeof path))
		return 0;
	ssize_t n = getxattr(path, "user.delegate", mark, sizeof mark);
	return n == 1 && mark[0] == '1' ? cgroup_settle_at(path, err) : 0;
}
