/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>
#include <stdio.h>

#include "sys/io.h"

enum { HEADER = 110 };

static const struct span trailer = { "TRAILER!!!", 10 };

static uint64_t pad4(uint64_t n)
{
	return (n + 3) & ~(uint64_t)3;
}

uint64_t bundle_cost(size_t name_n, uint64_t data_n)
{
	return pad4(HEADER + name_n + 1) + pad4(data_n);
}

void bundle_writer_init(struct bundle_writer *w, int fd, uint64_t limit, char *buf, size_t room)
{
	*w = (struct bundle_writer){ .fd = fd,
		.limit = limit,
		.entries_max = BUNDLE_ENTRIES_MAX,
		.buf = buf,
		.room = room };
}

uint64_t bundle_writer_size(const struct bundle_writer *w)
{
	return w->at + w->n;
}

static int flush(struct bundle_writer *w)
{
	int r = io_pwrite(w->fd, w->buf, w->n, (off_t)w->at);
	if (r < 0)
		return r;
	w->at += w->n;
	w->n = 0;
	return 0;
}

static int put(struct bundle_writer *w, const char *p, size_t n)
{
	while (n > 0) {
		size_t part = n < w->room - w->n ? n : w->room - w->n;

		if (p) {
			memcpy(w->buf + w->n, p, part);
			p += part;
		} else {
			memset(w->buf + w->n, 0, part);
		}
		w->n += part;
		n -= part;
		if (w->n == w->room) {
			int r = flush(w);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int put_padding(struct bundle_writer *w)
{
	uint64_t at = bundle_writer_size(w);
	return put(w, NULL, (size_t)(pad4(at) - at));
}

static int put_header(struct bundle_writer *w, struct span name, mode_t mode, uint64_t data_n)
{
	char header[HEADER + 1];

	/* magic ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor
	 * namesize check */
	snprintf(header, sizeof header,
		"070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", ++w->entries,
		(unsigned)mode, 0u, 0u, S_ISDIR(mode) ? 2u : 1u, 0u, (unsigned)data_n, 0u, 0u, 0u,
		0u, (unsigned)(name.n + 1), 0u);

	int r = put(w, header, HEADER);
	if (r == 0)
		r = put(w, name.p, name.n);
	if (r == 0)
		r = put(w, NULL, 1);
	return r < 0 ? r : put_padding(w);
}

/* Whether an entry of this size and the trailer still fit. */
static int check_room(const struct bundle_writer *w, struct span name, uint64_t data_n)
{
	uint64_t end = bundle_writer_size(w) + bundle_cost(trailer.n, 0) + BUNDLE_BLOCK;
	uint64_t cost = bundle_cost(name.n, data_n);

	if (data_n > BUNDLE_DATA_MAX || w->entries >= w->entries_max || end + cost > w->limit)
		return -EFBIG;
	return 0;
}

int bundle_add(struct bundle_writer *w, struct span name, mode_t mode, struct span data)
{
	int r = check_room(w, name, data.n);
	if (r == 0)
		r = put_header(w, name, S_IFREG | (mode & 0777), data.n);
	if (r == 0)
		r = put(w, data.p, data.n);
	return r < 0 ? r : put_padding(w);
}

int bundle_add_dir(struct bundle_writer *w, struct span name, mode_t mode)
{
	int r = check_room(w, name, 0);
	return r < 0 ? r : put_header(w, name, S_IFDIR | (mode & 0777), 0);
}

/* Reads straight into the buffer: file contents are copied once. */
static int put_fd(struct bundle_writer *w, int from, uint64_t n)
{
	for (uint64_t done = 0; done < n;) {
		size_t part = w->room - w->n;
		if (part > n - done)
			part = (size_t)(n - done);

		ssize_t got = io_pread(from, w->buf + w->n, part, (off_t)done);
		if (got < 0)
			return (int)got;
		if (got == 0)
			return put(w, NULL, (size_t)(n - done));
		w->n += (size_t)got;
		done += (uint64_t)got;
		if (w->n == w->room) {
			int r = flush(w);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int bundle_add_fd(struct bundle_writer *w, struct span name, mode_t mode, int from, uint64_t n)
{
	int r = check_room(w, name, n);
	if (r == 0)
		r = put_header(w, name, S_IFREG | (mode & 0777), n);
	if (r == 0)
		r = put_fd(w, from, n);
	return r < 0 ? r : put_padding(w);
}

int bundle_finish(struct bundle_writer *w)
{
	int r = put_header(w, trailer, 0, 0);
	if (r < 0)
		return r;

	size_t tail = (size_t)(bundle_writer_size(w) % BUNDLE_BLOCK);
	if (tail > 0)
		r = put(w, NULL, BUNDLE_BLOCK - tail);
	return r < 0 || w->n == 0 ? r : flush(w);
}
