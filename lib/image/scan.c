/* SPDX-License-Identifier: MIT */
#include "scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"

enum {
	LIST_BYTES = 64 << 10, /* what the kernel gives at most */
	PIECE = 256 << 10,
};

/* A file with several names, and the inode that it became. */
struct seen {
	dev_t dev;
	ino_t ino;
	struct tree_inode *inode;
};

struct scan {
	struct layers *l;
	const char *root;
	dev_t dev;
	struct seen *seen;
	size_t n, room;
	char *piece;
	struct error *err;
};

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* "fail" about entry @name of @dir. */
static int failed(const struct scan *s, int r, const struct tree_inode *dir, const char *name)
{
	char path[1024];

	return fail(s->err, r, "read '%s/%s/%s'", s->root, tree_path(dir->self, path, sizeof path),
		name);
}

static struct tree_inode *find_seen(const struct scan *s, const struct stat *st)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->seen[i].ino == st->st_ino && s->seen[i].dev == st->st_dev)
			return s->seen[i].inode;
	return NULL;
}

static int remember(struct scan *s, const struct stat *st, struct tree_inode *i)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct seen *v = reallocarray(s->seen, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		s->seen = v;
		s->room = room;
	}
	s->seen[s->n++] = (struct seen){ st->st_dev, st->st_ino, i };
	return 0;
}

/* Pieces of an open file. */
struct reading {
	struct scan *s;
	int fd;
	uint64_t at, size;
};

static int next_piece(void *ctx, struct span *ret, uint64_t *ret_at, struct error *err)
{
	struct reading *r = ctx;
	uint64_t left = r->size - r->at;
	ssize_t n = io_pread(r->fd, r->s->piece, left < PIECE ? left : PIECE, (off_t)r->at);

	if (n < 0)
		return fail(err, (int)n, "read a file below '%s'", r->s->root);
	*ret = (struct span){ r->s->piece, (size_t)n };
	*ret_at = r->at;
	r->at += (uint64_t)n;
	return n > 0;
}

/* @path names the entry whatever it is: /proc/self/fd/N/NAME. */
static int read_xattrs(struct scan *s, const char *path, struct tree_inode *i)
{
	cleanup_free char *names = malloc(LIST_BYTES);
	cleanup_free char *value = malloc(LIST_BYTES);
	if (!names || !value)
		return -ENOMEM;

	ssize_t n = llistxattr(path, names, LIST_BYTES);
	if (n < 0)
		return errno == ENOTSUP ? 0 : -errno;
	for (ssize_t at = 0; at < n; at += (ssize_t)strlen(names + at) + 1) {
		ssize_t got = lgetxattr(path, names + at, value, LIST_BYTES - 1);
		if (got < 0 && errno == ENODATA)
			continue;
		if (got < 0)
			return -errno;
		int r = layer_xattr(
			s->l, i, span_of(names + at), (struct span){ value, (size_t)got }, s->err);
		if (r < 0)
			return r;
	}
	return 0;
}

static void set_attributes(struct tree_inode *i, const struct stat *st)
{
	i->mode = st->st_mode;
	i->uid = st->st_uid;
	i->gid = st->st_gid;
	i->mtime = st->st_mtim.tv_sec;
	i->mtime_ns = (uint32_t)st->st_mtim.tv_nsec;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		i->major = major(st->st_rdev);
		i->minor = minor(st->st_rdev);
	}
}

static int read_file(struct scan *s, int dir_fd, const char *name, struct tree_inode *i)
{
	struct stat st;
	cleanup_fd int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	struct reading r = { s, fd, 0, (uint64_t)st.st_size };
	const struct layer_pieces pieces = { next_piece, &r };
	return layer_content(s->l, i, (uint64_t)st.st_size, &pieces, s->err);
}

static int read_link(struct scan *s, int dir_fd, const char *name, struct tree_inode *i)
{
	char target[TREE_PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof target);

	if (n < 0)
		return -errno;
	if (n == 0 || (size_t)n == sizeof target)
		return -ENAMETOOLONG;
	i->bytes = tree_copy(s->l->tree, target, (size_t)n);
	i->size = (uint64_t)n;
	return i->bytes ? 0 : -ENOMEM;
}

static int scan_all(struct scan *s, int fd, struct tree_inode *dir);

/* What is inside of a directory, unless it is another file system's. */
static int scan_below(
	struct scan *s, int dir_fd, const char *name, const struct stat *st, struct tree_inode *i)
{
	if (st->st_dev != s->dev)
		return 0;
	int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : scan_all(s, fd, i);
}

static int scan_one(struct scan *s, int dir_fd, struct tree_inode *dir, const char *name)
{
	char path[320];
	struct stat st;

	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	bool shared = !S_ISDIR(st.st_mode) && st.st_nlink > 1;
	struct tree_inode *i = shared ? find_seen(s, &st) : NULL;
	if (i)
		return tree_add(s->l->tree, dir, span_of(name), i, s->l->n, NULL);
	i = tree_inode_new(s->l->tree, st.st_mode);
	if (!i)
		return -ENOMEM;
	set_attributes(i, &st);
	snprintf(path, sizeof path, "/proc/self/fd/%d/%s", dir_fd, name);
	int r = read_xattrs(s, path, i);
	if (r == 0 && S_ISREG(st.st_mode))
		r = read_file(s, dir_fd, name, i);
	if (r == 0 && S_ISLNK(st.st_mode))
		r = read_link(s, dir_fd, name, i);
	if (r == 0 && shared)
		r = remember(s, &st, i);
	if (r == 0)
		r = tree_add(s->l->tree, dir, span_of(name), i, s->l->n, NULL);
	if (r == 0 && S_ISDIR(st.st_mode))
		r = scan_below(s, dir_fd, name, &st, i);
	return r;
}

/* Takes @fd. Depth is bounded by the tree. */
static int scan_all(struct scan *s, int fd, struct tree_inode *dir)
{
	cleanup(closedirp) DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return -errno;
	}
	for (const struct dirent *e; (e = readdir(d));) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		s->err->text[0] = '\0';
		int r = scan_one(s, dirfd(d), dir, e->d_name);
		if (r < 0)
			return s->err->text[0] ? r : failed(s, r, dir, e->d_name);
	}
	return 0;
}

int scan_dir(struct layers *l, const char *path, struct error *err)
{
	struct error why = { "" };
	struct scan s = { .l = l, .root = path, .err = &why };
	struct stat st;

	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, -errno, "open directory '%s'", path);
	s.dev = st.st_dev;
	s.piece = malloc(PIECE);
	set_attributes(tree_root(l->tree), &st);
	int r = s.piece ? read_xattrs(&s, path, tree_root(l->tree)) : -ENOMEM;
	if (r < 0)
		close(fd);
	else
		r = scan_all(&s, fd, tree_root(l->tree));
	free(s.piece);
	free(s.seen);
	l->n++;
	return r < 0 ? refuse(err, r, "%s", why.text[0] ? why.text : "out of memory") : 0;
}
