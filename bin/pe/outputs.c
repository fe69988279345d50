/* SPDX-License-Identifier: MIT */
#include "outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "job/result.h"
#include "sys/io.h"

enum { NAME_ROOM = 256, TRIES = 1000 /* to take a name from others that write it, too */ };

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

/* Creates a new file, in the place of whatever had its name before. Others may do the same. */
static int create(int dir_fd, const char *name, const struct result_file *f)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = 0644 | (f->mode & 0111);
	cleanup_fd int fd = openat(dir_fd, name, flags, mode);

	for (int i = 0; fd < 0 && errno == EEXIST && i < TRIES; i++) {
		if (unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT)
			return -errno;
		fd = openat(dir_fd, name, flags, mode);
	}
	if (fd < 0)
		return -errno;
	return io_write(fd, f->data.p, f->data.n);
}

/* Walks to the directory of @name, component by component, making what is missing; the last one's
 * name is in @leaf. */
static int make_way(int root_fd, struct span name, char leaf[NAME_ROOM], int *ret_fd)
{
	struct span rest = name, component;
	cleanup_fd int dir_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);

	if (dir_fd < 0)
		return -errno;
	while (span_cut(&rest, '/', &component)) {
		if (component.n >= NAME_ROOM)
			return -ENAMETOOLONG;
		memcpy(leaf, component.p, component.n);
		leaf[component.n] = '\0';
		if (rest.n == 0)
			break;

		int child = enter(dir_fd, leaf);
		if (child < 0)
			return child;
		close(dir_fd);
		dir_fd = child;
	}
	*ret_fd = take_fd(dir_fd);
	return 0;
}

/* The directory of @name in one step when it is there already; no link on the way is followed. */
static int find_way(int root_fd, struct span name, char leaf[NAME_ROOM], int *ret_fd)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	char path[BUNDLE_NAME_MAX + 1];

	const char *slash = memrchr(name.p, '/', name.n);
	if (!slash || name.n - (size_t)(slash - name.p) > NAME_ROOM)
		return make_way(root_fd, name, leaf, ret_fd);
	size_t dir_n = (size_t)(slash - name.p), leaf_n = name.n - dir_n - 1;
	memcpy(path, name.p, dir_n);
	path[dir_n] = '\0';
	memcpy(leaf, slash + 1, leaf_n);
	leaf[leaf_n] = '\0';

	long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
	if (fd < 0)
		return make_way(root_fd, name, leaf, ret_fd);
	*ret_fd = (int)fd;
	return 0;
}

/* Names come sorted: the directory of the last one is mostly that of the next. */
struct place {
	struct span dir; /* its name, without a slash at the end */
	int fd;
};

static void place_done(const struct place *p)
{
	cleanup_closep(&p->fd);
}

static struct span dir_of(struct span name)
{
	const char *slash = memrchr(name.p, '/', name.n);

	return (struct span){ name.p, slash ? (size_t)(slash - name.p) : 0 };
}

/* Makes @p the directory of @name and puts the rest of the name into @leaf. */
static int go_to(int root_fd, struct span name, struct place *p, char leaf[NAME_ROOM])
{
	struct span dir = dir_of(name), last = span_skip(name, dir.n ? dir.n + 1 : 0);

	if (p->fd >= 0 && span_equal(dir, p->dir) && last.n < NAME_ROOM) {
		memcpy(leaf, last.p, last.n);
		leaf[last.n] = '\0';
		return 0;
	}
	place_done(p);
	*p = (struct place){ dir, -1 };
	return find_way(root_fd, name, leaf, &p->fd);
}

static int write_one(int root_fd, struct place *p, const struct result_file *f)
{
	char leaf[NAME_ROOM];

	int r = go_to(root_fd, f->name, p, leaf);
	if (r < 0)
		return r;
	if (S_ISREG(f->mode))
		return create(p->fd, leaf, f);
	int fd = enter(p->fd, leaf);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int outputs_open(const char *dir, int *ret_fd, struct error *err)
{
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return fail(err, -errno, "make output directory '%s'", dir);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open output directory '%s'", dir);
	*ret_fd = fd;
	return 0;
}

int outputs_write(const struct result *r, int dir_fd, const char *dir, struct error *err)
{
	cleanup(place_done) struct place p = { .fd = -1 };

	for (size_t i = 0; i < r->n_files; i++) {
		const struct result_file *f = &r->files[i];
		int e = write_one(dir_fd, &p, f);
		if (e < 0)
			return fail(err, e, "write output file '%.*s' in '%s'", (int)f->name.n,
				f->name.p, dir);
	}
	return 0;
}
