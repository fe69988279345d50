/* SPDX-License-Identifier: MIT */
/* What the tests of the cache share: a directory and clocks of their own, entries that are known by
 * their number. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cache/cache.h"
#include "cache/links.h"

#include <cmocka.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

static char dir[64];
static uint64_t now_us __attribute__((unused));
static int64_t wall_s = 1000000;
static char noticed[1024];

static inline uint64_t clock_us(void)
{
	return now_us;
}

static inline int64_t clock_s(void)
{
	return wall_s;
}

static inline void on_notice(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(noticed, sizeof noticed, "%s", text);
}

static inline int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/pe-test-cache-XXXXXX");
	noticed[0] = '\0';
	return mkdtemp(dir) ? 0 : -1;
}

static inline int remove_dir(void **state)
{
	DIR *d = opendir(dir);

	(void)state;
	if (!d)
		return -1;
	for (const struct dirent *e; (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(dir);
}

static inline void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

/* The key of number @n: as long as a real one. */
static inline const char *key_of(unsigned n)
{
	static _Thread_local char key[KEY_SIZE];

	snprintf(key, sizeof key, "%064x", n);
	return key;
}

static inline struct entry *entry_of(unsigned n, enum result_outcome outcome, size_t bytes)
{
	cleanup_free char *body = malloc(bytes + 1);
	char head[32];

	assert_non_null(body);
	memset(body, (int)('a' + n % 26), bytes);
	int len = snprintf(head, sizeof head, "{\"n\":%u}", n);
	struct entry *e = entry_new(key_of(n), outcome, 1234, (struct span){ head, (size_t)len },
		(struct span){ body, bytes });
	assert_non_null(e);
	return e;
}

static inline void assert_is(const struct entry *e, unsigned n, size_t bytes)
{
	char head[32];

	snprintf(head, sizeof head, "{\"n\":%u}", n);
	assert_non_null(e);
	assert_string_equal(e->key, key_of(n));
	assert_true(span_equal(e->head, span_of(head)));
	assert_int_equal(e->body.n, bytes);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(e->body.p[i], 'a' + n % 26);
}

static inline struct cache *open_cache(uint64_t memory, uint64_t disk)
{
	const struct cache_setup setup = {
		.dir = dir,
		.memory_bytes = memory,
		.disk_bytes = disk,
		.notice = on_notice,
		.now_us = clock_us,
		.wall_s = clock_s,
	};
	struct cache *c = NULL;
	struct error err = { "" };

	if (cache_open(&setup, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static inline int put(struct cache *c, unsigned n, enum result_outcome outcome, size_t bytes)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(n, outcome, bytes);

	return cache_put(c, e);
}

static inline enum cache_tier tier_of(struct cache *c, unsigned n)
{
	enum cache_tier tier;

	entry_unref(cache_get(c, key_of(n), &tier));
	return tier;
}

static inline uint64_t size_of(const char *name)
{
	char path[128];
	struct stat st;

	path_of(name, path);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static inline void overwrite(const char *name, off_t at, size_t n)
{
	char path[128], garbage[4096];

	path_of(name, path);
	memset(garbage, 0xa5, sizeof garbage);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	while (n > 0) {
		size_t some = n < sizeof garbage ? n : sizeof garbage;

		assert_int_equal(pwrite(fd, garbage, some, at), some);
		at += (off_t)some;
		n -= some;
	}
}

static inline int count_damaged(void)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	for (const struct dirent *e; (e = readdir(d));)
		n += strstr(e->d_name, "damaged") != NULL;
	closedir(d);
	return n;
}

static inline struct links *open_links(uint64_t max_bytes, uint64_t expire_s)
{
	char path[128];
	const struct links_setup setup = {
		.path = path, .max_bytes = max_bytes, .expire_s = expire_s, .wall_s = clock_s
	};
	struct links *l = NULL;
	struct error err = { "" };

	path_of("links.db", path);
	if (links_open(&setup, &l, &err) < 0)
		fail_msg("%s", err.text);
	return l;
}

static inline void assert_link(struct links *l, const char *id, const char *text)
{
	cleanup_buf struct buf b = { 0 };
	struct error err = { "" };

	if (links_get(l, id, &b, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(span_equal(buf_span(&b), span_of(text)));
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
