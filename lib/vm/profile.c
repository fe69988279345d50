/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bundle/warm.h"
#include "sys/io.h"

/* Of a name only, 0 pages. */
struct range {
	struct span path;
	uint64_t first, count;
	size_t place; /* of its record in the list that it is from */
};

/* Of the lists that are kept: with names. Before there was none, without. */
#define FORM     ".2"
#define FORM_OLD ""

struct ranges {
	struct range *v;
	size_t n, room;
};

static void ranges_done(struct ranges *r)
{
	free(r->v);
}

static int add_range(
	struct ranges *to, struct span path, uint64_t first, uint64_t count, size_t place)
{
	if (to->n == to->room) {
		size_t room = to->room ? to->room * 2 : 256;
		struct range *v = reallocarray(to->v, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		to->v = v;
		to->room = room;
	}
	to->v[to->n++] = (struct range){ path, first, count, place };
	return 0;
}

/* @step: 1 when the records' order is to be kept, else 0: all come at @place. */
static int read_list(struct ranges *to, struct span list, size_t place, size_t step)
{
	struct warm_record record;
	uint64_t first, count;
	int r = 0;

	if (list.n > WARM_TEXT_MAX)
		return -EPROTO;
	for (; r == 0 && warm_next(&list, &record, &r); place += step) {
		if (record.ranges.n == 0)
			r = add_range(to, record.path, 0, 0, place);
		while (r == 0 && warm_next_range(&record.ranges, &first, &count))
			r = add_range(to, record.path, first, count, place);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	size_t n = x->path.n < y->path.n ? x->path.n : y->path.n;
	int c = memcmp(x->path.p, y->path.p, n);

	if (c != 0)
		return c;
	if (x->path.n != y->path.n)
		return x->path.n < y->path.n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static int by_place(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->place != y->place ? (x->place > y->place) - (x->place < y->place) : by_path(a, b);
}

/* What is of one file goes where the first of it was. */
static void sort(struct ranges *l)
{
	if (l->n == 0)
		return;
	qsort(l->v, l->n, sizeof *l->v, by_path);
	for (size_t i = 0, end; i < l->n; i = end) {
		size_t place = l->v[i].place;

		for (end = i; end < l->n && span_equal(l->v[end].path, l->v[i].path); end++)
			if (l->v[end].place < place)
				place = l->v[end].place;
		for (size_t k = i; k < end; k++)
			l->v[k].place = place;
	}
	qsort(l->v, l->n, sizeof *l->v, by_place);
}

/* Joins neighbours of a sorted list in place. */
static void coalesce(struct ranges *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct range *last = n > 0 ? &l->v[n - 1] : NULL, *r = &l->v[i];

		if (last && span_equal(last->path, r->path) && last->count == 0) {
			*last = *r;
		} else if (last && span_equal(last->path, r->path) &&
			   last->first + last->count >= r->first) {
			uint64_t end = r->first + r->count;
			if (end > last->first + last->count)
				last->count = end - last->first;
		} else {
			l->v[n++] = *r;
		}
	}
	l->n = n;
}

/* One record, from @l->v[i] on; returns where the next one starts or a negative errno. */
static ssize_t write_record(struct buf *to, const struct ranges *l, size_t i, uint64_t *pages)
{
	struct span path = l->v[i].path;
	size_t from = i;

	if (l->v[i].count == 0 && buf_addf(to, "-") < 0)
		return -ENOMEM;
	for (; i < l->n && span_equal(l->v[i].path, path); i++) {
		if (l->v[i].count == 0)
			continue;
		if (buf_addf(to, "%s%llu+%llu", i > from ? "," : "",
			    (unsigned long long)l->v[i].first,
			    (unsigned long long)l->v[i].count) < 0)
			return -ENOMEM;
		*pages += l->v[i].count;
	}
	if (buf_addf(to, " %.*s", (int)path.n, path.p) < 0 || buf_add(to, "", 1) < 0)
		return -ENOMEM;
	return (ssize_t)i;
}

int profile_merge(struct span a, struct span b, struct buf *ret)
{
	cleanup(ranges_done) struct ranges l = { 0 };
	cleanup_buf struct buf text = { 0 };
	uint64_t pages = 0;
	size_t records = 0;

	int r = read_list(&l, a, 0, 1);
	if (r == 0)
		r = read_list(&l, b, a.n, 0);
	if (r < 0)
		return r;
	sort(&l);
	coalesce(&l);
	for (size_t i = 0; i < l.n && records < WARM_RECORDS_MAX; records++) {
		size_t before = text.n;
		ssize_t next = write_record(&text, &l, i, &pages);
		if (next < 0)
			return (int)next;
		i = (size_t)next;
		if (text.n > WARM_TEXT_MAX || pages > WARM_PAGES_MAX) {
			text.n = before;
			break;
		}
	}
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}

uint64_t profile_pages(struct span list)
{
	struct warm_record record;
	uint64_t first, count, pages = 0;
	int r;

	while (warm_next(&list, &record, &r))
		while (warm_next_range(&record.ranges, &first, &count))
			pages += count;
	return pages;
}

/* @tail: FORM for the list, or that of another form. */
static int make_path(char path[PATH_MAX], const char *dir, const char *digest, const char *tail)
{
	int n = snprintf(path, PATH_MAX, "%s/%s%s", dir, digest, tail);

	return strchr(digest, '/') || n >= PATH_MAX ? -EINVAL : 0;
}

void profile_forget(const char *dir, const char *digest)
{
	char path[PATH_MAX];

	if (make_path(path, dir, digest, FORM) == 0)
		unlink(path);
}

int profile_load(const char *dir, const char *digest, struct buf *ret)
{
	cleanup_buf struct buf text = { 0 };
	char path[PATH_MAX];

	*ret = (struct buf){ 0 };
	int r = make_path(path, dir, digest, FORM);
	if (r < 0)
		return r;
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = io_read_all(fd, WARM_TEXT_MAX, &text);
	/* Checked on the way. */
	return r < 0 ? r : profile_merge(buf_span(&text), (struct span){ "", 0 }, ret);
}

int profile_store(const char *dir, const char *digest, struct span list)
{
	char path[PATH_MAX], temporary[PATH_MAX];

	int r = make_path(path, dir, digest, FORM);
	if (r == 0)
		r = make_path(temporary, dir, digest, FORM ".new");
	if (r < 0)
		return r;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return -errno;
	cleanup_fd int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	r = io_write(fd, list.p, list.n);
	if (r == 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(temporary);
	else if (make_path(path, dir, digest, FORM_OLD) == 0)
		unlink(path);
	return r;
}
