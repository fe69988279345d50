/* SPDX-License-Identifier: MIT */
#include "box.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "sys/io.h"
#include "tar/tar.h"
#include "unpack/unpack.h"

enum {
	HOPS_MAX = 8, /* links from one entry of an archive to another */
	PIECE = 64 << 10,
	NAME_MAX_BYTES = 4096,
};

struct member {
	char *name;
	char *link; /* NULL for a file */
	uint64_t at, n;
};

struct box {
	char *path;
	int fd; /* the directory or the archive */
	bool is_dir;
	struct member *members;
	size_t n, room;
};

static struct box *box_new(const char *path)
{
	struct box *b = calloc(1, sizeof *b);

	if (b) {
		b->fd = -1;
		b->path = strdup(path);
	}
	if (b && !b->path) {
		free(b);
		return NULL;
	}
	return b;
}

void box_close(struct box *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->n; i++) {
		free(b->members[i].name);
		free(b->members[i].link);
	}
	free(b->members);
	cleanup_closep(&b->fd);
	free(b->path);
	free(b);
}

void box_closep(struct box **b)
{
	box_close(*b);
}

const char *box_path(const struct box *b)
{
	return b->path;
}

int box_open_dir(const char *path, struct box **ret, struct error *err)
{
	cleanup(box_closep) struct box *b = box_new(path);
	if (!b)
		return fail(err, -ENOMEM, "open '%s'", path);
	b->is_dir = true;
	b->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (b->fd < 0)
		return fail(err, -errno, "open directory '%s'", path);
	*ret = take_ptr(b);
	return 0;
}

/* A file, from its beginning, with the gift of passing over. */
struct reader {
	int fd;
	uint64_t at;
	const char *path;
	char piece[PIECE];
};

static int next_piece(void *ctx, struct span *ret, struct error *err)
{
	struct reader *r = ctx;
	ssize_t n = io_pread(r->fd, r->piece, sizeof r->piece, (off_t)r->at);

	if (n < 0)
		return fail(err, (int)n, "read '%s'", r->path);
	r->at += (uint64_t)n;
	*ret = (struct span){ r->piece, (size_t)n };
	return n > 0;
}

static void skip(void *ctx, uint64_t n)
{
	((struct reader *)ctx)->at += n;
}

/* "./a//b" and "a/b" are one name. NULL on -ENOMEM. */
static char *plain_name(struct span name)
{
	cleanup_buf struct buf b = { 0 };
	struct span part;

	while (span_cut(&name, '/', &part)) {
		if (part.n == 0 || span_equal(part, SPAN_LITERAL(".")))
			continue;
		if (buf_addf(&b, "%s%.*s", b.n ? "/" : "", (int)part.n, part.p) < 0)
			return NULL;
	}
	return strndup(b.p ? b.p : "", b.n);
}

static int add_member(struct box *b, const struct tar_entry *e, uint64_t at, struct error *err)
{
	bool file = e->type == TAR_FILE;

	if (!file && e->type != TAR_SYMLINK && e->type != TAR_HARD_LINK)
		return 0;
	if (b->n >= BOX_FILES_MAX || e->name.n > NAME_MAX_BYTES || e->link.n > NAME_MAX_BYTES)
		return refuse(
			err, -E2BIG, "'%s' has more files than an archive of an image", b->path);
	if (b->n == b->room) {
		size_t room = b->room ? 2 * b->room : 64;
		struct member *v = reallocarray(b->members, room, sizeof *v);
		if (!v)
			return fail(err, -ENOMEM, "read '%s'", b->path);
		b->members = v;
		b->room = room;
	}
	struct member m = { plain_name(e->name), file ? NULL : strndup(e->link.p, e->link.n), at,
		e->size };
	/* Where a hard link leads is counted from the root of the archive. */
	if (e->type == TAR_HARD_LINK && m.link) {
		char *absolute = NULL;
		if (asprintf(&absolute, "/%s", m.link) < 0)
			absolute = NULL;
		free(m.link);
		m.link = absolute;
	}
	b->members[b->n++] = m;
	return m.name && (file || m.link) ? 0 : fail(err, -ENOMEM, "read '%s'", b->path);
}

static int read_members(struct box *b, struct error *err)
{
	cleanup_free struct reader *r = malloc(sizeof *r);
	if (!r)
		return fail(err, -ENOMEM, "read '%s'", b->path);
	*r = (struct reader){ .fd = b->fd, .path = b->path };
	const struct stream s = { .next = next_piece, .ctx = r, .skip = skip };
	cleanup(tar_reader_freep) struct tar_reader *t = tar_reader_new(s);
	struct tar_entry e;
	struct error why;
	int n;

	if (!t)
		return fail(err, -ENOMEM, "read '%s'", b->path);
	while ((n = tar_next(t, &e, &why)) > 0) {
		n = add_member(b, &e, tar_offset(t), err);
		if (n < 0)
			return n;
	}
	return n < 0 ? refuse(err, n, "'%s' is no tar archive: %s", b->path, why.text) : 0;
}

/* `docker save | gzip` is common: such a file is undone into one without a name. */
static int undo_compression(struct box *b, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	struct stat st;
	unsigned char head[4] = { 0 };

	ssize_t n = io_pread(b->fd, head, sizeof head, 0);
	if (n < 0 || fstat(b->fd, &st) < 0)
		return fail(err, n < 0 ? (int)n : -errno, "read '%s'", b->path);
	if (memcmp(head, "\x1f\x8b", 2) != 0 && memcmp(head, "\x28\xb5\x2f\xfd", 4) != 0)
		return 0;

	tmp = tmp && *tmp ? tmp : "/var/tmp";
	cleanup_fd int out = open(tmp, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (out < 0)
		return fail(err, -errno, "make a temporary file in '%s'", tmp);
	const struct unpack_spec spec = { .fd = b->fd, .n = (uint64_t)st.st_size, .name = b->path };
	cleanup(unpack_closep) struct unpack *u = NULL;
	int r = unpack_open(&spec, &u, err);
	struct stream s = r < 0 ? (struct stream){ 0 } : unpack_stream(u);
	struct span piece;
	while (r == 0 && (r = s.next(s.ctx, &piece, err)) > 0) {
		r = io_write(out, piece.p, piece.n);
		if (r < 0)
			return fail(err, r, "write a temporary file in '%s'", tmp);
	}
	if (r < 0)
		return r;
	close(b->fd);
	b->fd = take_fd(out);
	return 0;
}

int box_open_archive(const char *path, struct box **ret, struct error *err)
{
	cleanup(box_closep) struct box *b = box_new(path);
	struct stat st;

	if (!b)
		return fail(err, -ENOMEM, "open '%s'", path);
	b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (b->fd < 0)
		return fail(err, -errno, "open archive '%s'", path);
	if (fstat(b->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(err, -EINVAL, "archive '%s' is not a file", path);
	int r = undo_compression(b, err);
	if (r == 0)
		r = read_members(b, err);
	if (r == 0)
		*ret = take_ptr(b);
	return r;
}

/* The last of that name, as when it were unpacked. */
static const struct member *find_member(const struct box *b, const char *name)
{
	for (size_t i = b->n; i > 0; i--)
		if (strcmp(b->members[i - 1].name, name) == 0)
			return &b->members[i - 1];
	return NULL;
}

/* Where link @m leads, as a plain name. NULL on -ENOMEM. */
static char *link_target(const struct member *m)
{
	char path[2 * NAME_MAX_BYTES + 2];
	const char *slash = strrchr(m->name, '/');
	int dir_n = m->link[0] == '/' || !slash ? 0 : (int)(slash - m->name);
	snprintf(path, sizeof path, "%.*s/%s", dir_n, m->name, m->link);

	/* ".." takes the name before it away. */
	cleanup_buf struct buf b = { 0 };
	struct span rest = span_of(path), part;
	while (span_cut(&rest, '/', &part)) {
		if (span_equal(part, SPAN_LITERAL(".."))) {
			const char *last = b.n ? memrchr(b.p, '/', b.n) : NULL;
			b.n = last ? (size_t)(last - b.p) : 0;
		} else if (part.n > 0 && !span_equal(part, SPAN_LITERAL(".")) &&
			   buf_addf(&b, "%s%.*s", b.n ? "/" : "", (int)part.n, part.p) < 0) {
			return NULL;
		}
	}
	return strndup(b.p ? b.p : "", b.n);
}

static int find_in_archive(
	const struct box *b, const char *name, struct box_file *ret, struct error *err)
{
	const struct member *m = find_member(b, name);

	for (int hops = 0; m && m->link; hops++) {
		cleanup_free char *target = link_target(m);
		m = target && hops < HOPS_MAX ? find_member(b, target) : NULL;
	}
	if (!m)
		return refuse(err, -ENOENT, "'%s' has no '%.200s'", b->path, name);
	int fd = fcntl(b->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", b->path);
	*ret = (struct box_file){ fd, m->at, m->n };
	return 0;
}

int box_find(struct box *b, const char *name, struct box_file *ret, struct error *err)
{
	struct stat st;

	if (!b->is_dir)
		return find_in_archive(b, name, ret, err);
	cleanup_fd int fd = openat(b->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fail(err, -errno, "open '%s/%s'", b->path, name);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return refuse(err, -EINVAL, "'%s/%s' is not a file", b->path, name);
	*ret = (struct box_file){ take_fd(fd), 0, (uint64_t)st.st_size };
	return 0;
}

int box_read(struct box *b, const char *name, size_t max, struct buf *ret, struct error *err)
{
	struct box_file f;
	int r = box_find(b, name, &f, err);
	if (r < 0)
		return r;
	cleanup_fd int fd = f.fd;

	if (f.n > max)
		return refuse(err, -EFBIG, "'%s/%s' is larger than %zu bytes", b->path, name, max);
	char *p = malloc(f.n + 1);
	ssize_t n = p ? io_pread(fd, p, f.n, (off_t)f.at) : -ENOMEM;
	if (n >= 0)
		r = buf_add(ret, p, (size_t)n);
	free(p);
	if (n < 0 || r < 0)
		return fail(err, n < 0 ? (int)n : r, "read '%s/%s'", b->path, name);
	return 0;
}
