/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "job/result.h"
#include "sys/io.h"

enum { NAME_ROOM = 256 };

static int open_child(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens directory @name below @dir_fd, making it when it is not there. */
static int enter(int dir_fd, const char *name)
{
	int fd = open_child(dir_fd, name);

	if (fd != -ENOENT)
		return fd;
	if (mkdirat(dir_fd, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return open_child(dir_fd, name);
}

/* Creates a new file, in the place of whatever had its name before. */
static int create(int dir_fd, const char *name, const struct result_file *f)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = 0644 | (f->mode & 0111);

	cleanup_fd int fd = openat(dir_fd, name, flags, mode);
	if (fd < 0 && errno == EEXIST && unlinkat(dir_fd, name, 0) == 0)
		fd = openat(dir_fd, name, flags, mode);
	if (fd < 0)
		return -errno;
	return io_write(fd, f->data.p, f->data.n);
}

static int write_one(int root_fd, const struct result_file *f)
{
	struct span rest = f->name, component;
	char name[NAME_ROOM];
	cleanup_fd int dir_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);

	if (dir_fd < 0)
		return -errno;
	while (span_cut(&rest, '/', &component)) {
		if (component.n >= sizeof name)
			return -ENAMETOOLONG;
		memcpy(name, component.p, component.n);
		name[component.n] = '\0';
		if (rest.n == 0 && S_ISREG(f->mode))
			return create(dir_fd, name, f);

		int child = enter(dir_fd, name);
		if (child < 0)
			return child;
		close(dir_fd);
		dir_fd = child;
	}
	return 0;
}

int outputs_write(const struct result *r, const char *dir, struct error *err)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return fail(err, -errno, "make output directory '%s'", dir);
	cleanup_fd int root_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return fail(err, -errno, "open output directory '%s'", dir);

	for (size_t i = 0; i < r->n_files; i++) {
		const struct result_file *f = &r->files[i];
		int e = write_one(root_fd, f);
		if (e < 0)
			return fail(err, e, "write output file '%.*s' in '%s'", (int)f->name.n, f->name.p, dir);
	}
	return 0;
}
