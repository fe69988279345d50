/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cache/cache.h"
#include "cache/db.h"
#include "cache/links.h"
#include "cache/memory.h"
#include "cache/record.h"
#include "cache/results.h"

#include <cmocka.h>

#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)

static char dir[64];
static uint64_t now_us;
static int64_t wall_s = 1000000;
static char noticed[1024];

static uint64_t clock_us(void)
{
	return now_us;
}

static int64_t clock_s(void)
{
	return wall_s;
}

static void on_notice(void *ctx, const char *text)
{
	(void)ctx;
	snprintf(noticed, sizeof noticed, "%s", text);
}

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/pe-test-cache-XXXXXX");
	noticed[0] = '\0';
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", dir);
	return system(command); /* NOLINT(cert-env33-c): a directory of our own */
}

static void path_of(const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", dir, name);
}

/* The key of number @n: as long as a real one. */
static const char *key_of(unsigned n)
{
	static _Thread_local char key[KEY_SIZE];

	snprintf(key, sizeof key, "%064x", n);
	return key;
}

static struct entry *entry_of(unsigned n, enum result_outcome outcome, size_t bytes)
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

static void assert_is(const struct entry *e, unsigned n, size_t bytes)
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

static struct cache *open_cache(uint64_t memory, uint64_t disk)
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

static int put(struct cache *c, unsigned n, enum result_outcome outcome, size_t bytes)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(n, outcome, bytes);

	return cache_put(c, e);
}

static enum cache_tier tier_of(struct cache *c, unsigned n)
{
	enum cache_tier tier;

	entry_unref(cache_get(c, key_of(n), &tier));
	return tier;
}

static void test_record(void **state)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(7, RESULT_SIGNALED, 100);
	cleanup(entry_unrefp) struct entry *again = NULL;
	cleanup(entry_unrefp) struct entry *other = entry_of(8, RESULT_SIGNALED, 100);

	(void)state;
	assert_int_equal(entry_read(key_of(7), e->record, &again), 0);
	assert_is(again, 7, 100);
	assert_int_equal(again->outcome, RESULT_SIGNALED);
	assert_int_equal(again->created_s, 1234);
	assert_string_equal(again->etag, e->etag);
	assert_int_equal(strlen(e->etag), ENTRY_ETAG_SIZE - 1);
	assert_string_not_equal(other->etag, e->etag);
}

/* Every byte of it is covered: no change passes. */
static void test_record_damage(void **state)
{
	cleanup(entry_unrefp) struct entry *e = entry_of(7, RESULT_EXITED, 40);
	cleanup_free char *copy = malloc(e->record.n);
	struct entry *again = NULL;

	(void)state;
	for (size_t i = 0; i < e->record.n; i++) {
		memcpy(copy, e->record.p, e->record.n);
		copy[i] ^= 0x10;
		assert_int_equal(entry_read(key_of(7), (struct span){ copy, e->record.n }, &again),
			-EBADMSG);
	}
	for (size_t n = 0; n < e->record.n; n++)
		assert_int_equal(
			entry_read(key_of(7), (struct span){ e->record.p, n }, &again), -EBADMSG);
	assert_null(again);
}

static void test_memory_is_bounded(void **state)
{
	struct memory *m = memory_new(100 * KIB);
	struct memory_stats s;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		cleanup(entry_unrefp) struct entry *e = entry_of(i, RESULT_EXITED, 4000);

		memory_put(m, e, 0);
		/* Number 3 is used all the time. */
		if (i >= 3) {
			struct entry *used = memory_get(m, key_of(3), 0);
			assert_non_null(used);
			entry_unref(used);
		}
		memory_stats(m, &s);
		assert_true(s.bytes <= 100 * KIB);
	}
	assert_in_range(s.entries, 20, 25);
	assert_int_equal(s.evicted, 100 - s.entries);
	assert_null(memory_get(m, key_of(4), 0));
	cleanup(entry_unrefp) struct entry *last = memory_get(m, key_of(99), 0);
	assert_is(last, 99, 4000);

	/* What would take more than an eighth is not kept, and takes away what had its key. */
	cleanup(entry_unrefp) struct entry *large = entry_of(99, RESULT_EXITED, 20000);
	memory_put(m, large, 0);
	assert_null(memory_get(m, key_of(99), 0));
	memory_free(m);
	/* Whoever holds an entry still has it. */
	assert_is(last, 99, 4000);
}

static void test_memory_replaces_and_forgets(void **state)
{
	struct memory *m = memory_new(MIB);
	cleanup(entry_unrefp) struct entry *a = entry_of(1, RESULT_EXITED, 10);
	cleanup(entry_unrefp) struct entry *b = entry_of(1, RESULT_EXITED, 20);
	struct memory_stats s;
	char keys[4][KEY_SIZE];

	(void)state;
	memory_put(m, a, 0);
	memory_put(m, b, 500);
	memory_stats(m, &s);
	assert_int_equal(s.entries, 1);
	assert_int_equal(memory_used(m, keys, 4), 0);
	cleanup(entry_unrefp) struct entry *got = memory_get(m, key_of(1), 499);
	assert_ptr_equal(got, b);
	assert_int_equal(memory_used(m, keys, 4), 1);
	assert_string_equal(keys[0], key_of(1));
	assert_int_equal(memory_used(m, keys, 4), 0);
	assert_null(memory_get(m, key_of(1), 500));
	memory_stats(m, &s);
	assert_int_equal(s.entries + s.bytes, 0);
	memory_free(m);
}

static void test_survives_restart(void **state)
{
	struct cache *c = open_cache(MIB, 10 * MIB);

	(void)state;
	assert_int_equal(tier_of(c, 1), CACHE_MISS);
	assert_int_equal(put(c, 1, RESULT_EXITED, 1000), 0);
	assert_int_equal(tier_of(c, 1), CACHE_MEMORY);
	cache_close(c);

	c = open_cache(MIB, 10 * MIB);
	assert_null(cache_peek(c, key_of(1)));
	assert_int_equal(tier_of(c, 1), CACHE_DISK);
	cleanup(entry_unrefp) struct entry *e = cache_peek(c, key_of(1));
	assert_is(e, 1, 1000);

	struct cache_stats s;
	cache_stats(c, &s);
	assert_int_equal(s.disk_entries, 1);
	assert_int_equal(s.lookups[CACHE_DISK], 1);
	assert_int_equal(s.lookups[CACHE_MEMORY], 1);
	cache_close(c);
}

static void test_replaces(void **state)
{
	struct cache *c = open_cache(MIB, 10 * MIB);
	struct cache_stats s;

	(void)state;
	put(c, 1, RESULT_EXITED, 1000);
	put(c, 1, RESULT_EXITED, 2000);
	cache_stats(c, &s);
	assert_int_equal(s.disk_entries, 1);
	cache_close(c);
	c = open_cache(0, 10 * MIB);
	cleanup(entry_unrefp) struct entry *e = cache_get(c, key_of(1), NULL);
	assert_is(e, 1, 2000);
	cache_close(c);
}

static void test_policy(void **state)
{
	static const enum cache_policy expect[RESULT_OUTCOMES] = {
		[RESULT_EXITED] = CACHE_KEEP,
		[RESULT_SIGNALED] = CACHE_KEEP,
		[RESULT_TIMEOUT] = CACHE_BRIEF,
		[RESULT_OUT_OF_MEMORY] = CACHE_KEEP,
		[RESULT_OUTPUT_LIMIT] = CACHE_KEEP,
		[RESULT_NOT_FOUND] = CACHE_KEEP,
		[RESULT_NOT_EXECUTABLE] = CACHE_KEEP,
		[RESULT_REJECTED] = CACHE_NEVER,
		[RESULT_LOST] = CACHE_NEVER,
	};
	struct cache *c = open_cache(MIB, 10 * MIB);

	(void)state;
	for (unsigned o = 0; o < RESULT_OUTCOMES; o++) {
		assert_int_equal(cache_policy(o), expect[o]);
		assert_int_equal(put(c, o, o, 10), 0);
		assert_int_equal(
			tier_of(c, o), expect[o] == CACHE_NEVER ? CACHE_MISS : CACHE_MEMORY);
	}
	now_us += CACHE_BRIEF_S * (uint64_t)1000000;
	assert_int_equal(tier_of(c, RESULT_TIMEOUT), CACHE_MISS);
	assert_int_equal(tier_of(c, RESULT_EXITED), CACHE_MEMORY);
	cache_close(c);
	c = open_cache(MIB, 10 * MIB);
	for (unsigned o = 0; o < RESULT_OUTCOMES; o++)
		assert_int_equal(tier_of(c, o), expect[o] == CACHE_KEEP ? CACHE_DISK : CACHE_MISS);
	cache_close(c);
}

static uint64_t size_of(const char *name)
{
	char path[128];
	struct stat st;

	path_of(name, path);
	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void test_disk_is_bounded(void **state)
{
	struct cache *c = open_cache(0, 2 * MIB);
	struct cache_stats s;

	(void)state;
	for (unsigned i = 0; i < 400; i++) {
		wall_s++;
		assert_int_equal(put(c, i, RESULT_EXITED, 20000), 0);
	}
	cache_stats(c, &s);
	assert_true(s.disk_bytes <= 2 * MIB);
	assert_in_range(s.disk_entries, 70, 110);
	assert_int_equal(s.disk_evicted, 400 - s.disk_entries);
	assert_int_equal(tier_of(c, 399), CACHE_DISK);
	assert_int_equal(tier_of(c, 0), CACHE_MISS);
	/* What is larger than an eighth of it is not kept, and that is no error. */
	assert_int_equal(put(c, 1000, RESULT_EXITED, 300000), 0);
	assert_int_equal(tier_of(c, 1000), CACHE_MISS);
	cache_close(c);
	assert_true(size_of("results.db") <= 2 * MIB + 512 * KIB);

	/* An operator who gives it less gets less. */
	c = open_cache(0, MIB);
	put(c, 5000, RESULT_EXITED, 20000);
	cache_stats(c, &s);
	assert_true(s.disk_bytes <= MIB);
	assert_int_equal(tier_of(c, 5000), CACHE_DISK);
	cache_close(c);
}

/* What is read from memory counts as used on disk. */
static void test_use_is_told_to_disk(void **state)
{
	struct cache *c = open_cache(MIB, 2 * MIB);

	(void)state;
	put(c, 0, RESULT_EXITED, 20000);
	for (unsigned i = 1; i < 40; i++) {
		wall_s++;
		put(c, i, RESULT_EXITED, 20000);
		assert_int_equal(tier_of(c, 0), CACHE_MEMORY);
	}
	wall_s++;
	cache_close(c);

	c = open_cache(0, 2 * MIB);
	for (unsigned i = 100; i < 100 + 90; i++)
		put(c, i, RESULT_EXITED, 20000);
	assert_int_equal(tier_of(c, 1), CACHE_MISS);
	assert_int_equal(tier_of(c, 0), CACHE_DISK);
	cache_close(c);
}

static void overwrite(const char *name, off_t at, size_t n)
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

static int count_damaged(void)
{
	char command[128];
	int n = -1;

	snprintf(command, sizeof command, "ls '%s' | grep -c damaged", dir);
	FILE *f = popen(command, "re"); /* NOLINT(cert-env33-c): a directory of our own */
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &n), 1);
	pclose(f);
	return n;
}

/* A file that is no database is set aside, said, and begun anew: nothing of it is thrown away. */
static void test_damaged_at_start(void **state)
{
	struct cache *c = open_cache(0, MIB);

	(void)state;
	put(c, 1, RESULT_EXITED, 1000);
	cache_close(c);
	overwrite("results.db", 0, 100);
	c = open_cache(0, MIB);
	assert_non_null(strstr(noticed, "were damaged: set aside as '"));
	assert_non_null(strstr(noticed, "results.db"));
	assert_int_equal(count_damaged(), 1);
	assert_int_equal(tier_of(c, 1), CACHE_MISS);
	assert_int_equal(put(c, 1, RESULT_EXITED, 1000), 0);
	assert_int_equal(tier_of(c, 1), CACHE_DISK);
	cache_close(c);
}

/* The same while it is in use: pages in the middle are overwritten. */
static void test_damaged_while_open(void **state)
{
	struct cache *c = open_cache(0, 4 * MIB);
	unsigned found = 0;
	struct cache_stats s;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		put(c, i, RESULT_EXITED, 20000);
	cache_close(c);
	c = open_cache(0, 4 * MIB);
	overwrite("results.db", 4096, (size_t)size_of("results.db") - 4096);
	for (unsigned i = 0; i < 50; i++)
		found += tier_of(c, i) == CACHE_DISK;
	assert_int_equal(found, 0);
	cache_stats(c, &s);
	assert_true(s.damaged > 0);
	for (unsigned i = 0; i < 50; i++)
		assert_int_equal(put(c, i, RESULT_EXITED, 20000), 0);
	for (unsigned i = 0; i < 50; i++)
		found += tier_of(c, i) == CACHE_DISK;
	assert_int_equal(found, 50);
	assert_true(count_damaged() >= 1);
	cache_close(c);
}

/* One record is damaged where the database cannot know: it alone is lost. */
static void test_damaged_record(void **state)
{
	struct cache *c = open_cache(0, MIB);
	char path[128];
	struct db db;
	struct cache_stats s;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		put(c, i, RESULT_EXITED, 1000);
	path_of("results.db", path);
	assert_int_equal(db_open(&db, "results", path, DB_SYNC_SELDOM, NULL), 0);
	assert_int_equal(db_exec(&db,
				 "UPDATE results SET record = substr(record, 1, 500) || x'00' || "
				 "substr(record, 502) "
				 "WHERE key LIKE '%1'",
				 NULL),
		0);
	db_close(&db);
	assert_int_equal(tier_of(c, 1), CACHE_MISS);
	assert_non_null(strstr(noticed, "damaged"));
	assert_int_equal(tier_of(c, 0), CACHE_DISK);
	assert_int_equal(tier_of(c, 2), CACHE_DISK);
	cache_stats(c, &s);
	assert_int_equal(s.damaged, 1);
	assert_int_equal(s.disk_entries, 2);
	cache_close(c);
}

static void test_newer_version_is_refused(void **state)
{
	char path[128];
	struct db db;
	struct error err;
	struct cache *c = open_cache(0, MIB);
	const struct cache_setup setup = { .dir = dir, .disk_bytes = MIB };

	(void)state;
	cache_close(c);
	path_of("results.db", path);
	assert_int_equal(db_open(&db, "results", path, DB_SYNC_SELDOM, NULL), 0);
	db_exec(&db, "PRAGMA user_version = 9", NULL);
	db_close(&db);
	assert_int_equal(cache_open(&setup, &c, &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "newer"));
	assert_int_equal(count_damaged(), 0);
}

/* A limit on the size of files stands for a disk that is full. */
static void test_disk_full_and_recovered(void **state)
{
	struct rlimit before, small;
	struct cache *c = open_cache(MIB, 100 * MIB);

	(void)state;
	assert_int_equal(put(c, 0, RESULT_EXITED, 1000), 0);
	getrlimit(RLIMIT_FSIZE, &before);
	small = before;
	small.rlim_cur = 200 * KIB;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	int r = 0;
	for (unsigned i = 1; i < 100 && r == 0; i++)
		r = put(c, i, RESULT_EXITED, 20000);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(r, -ENOSPC);
	assert_non_null(strstr(noticed, "cannot be written"));

	assert_int_equal(put(c, 1000, RESULT_EXITED, 20000), 0);
	assert_non_null(strstr(noticed, "written to disk again"));
	cache_close(c);
	c = open_cache(0, 100 * MIB);
	assert_int_equal(tier_of(c, 0), CACHE_DISK);
	assert_int_equal(tier_of(c, 1000), CACHE_DISK);
	cache_close(c);
}

static void test_no_directory(void **state)
{
	const struct cache_setup setup = { .dir = "/nonexistent/x", .disk_bytes = MIB };
	struct cache *c = NULL;
	struct error err;

	(void)state;
	assert_true(cache_open(&setup, &c, &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/x/results.db"));
}

static struct links *open_links(uint64_t max_bytes, uint64_t expire_s)
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

static void assert_link(struct links *l, const char *id, const char *text)
{
	cleanup_buf struct buf b = { 0 };
	struct error err = { "" };

	if (links_get(l, id, &b, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(span_equal(buf_span(&b), span_of(text)));
}

static void test_links(void **state)
{
	struct links *l = open_links(MIB, 0);
	char a[LINK_ID_SIZE], b[LINK_ID_SIZE], same[LINK_ID_SIZE];
	cleanup_buf struct buf none = { 0 };
	struct error err;
	struct links_stats s;

	(void)state;
	assert_int_equal(links_put(l, span_of("state a"), a, &err), 0);
	assert_int_equal(links_put(l, span_of("state b"), b, &err), 0);
	assert_int_equal(links_put(l, span_of("state a"), same, &err), 0);
	assert_int_equal(strlen(a), LINK_ID_SIZE - 1);
	assert_int_equal(
		strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		LINK_ID_SIZE - 1);
	assert_string_equal(a, same);
	assert_string_not_equal(a, b);
	assert_int_equal(links_get(l, "AAAAAAAAAAAAAAAA", &none, &err), -ENOENT);
	assert_int_equal(links_get(l, "'; DROP TABLE links", &none, &err), -ENOENT);
	links_stats(l, &s);
	assert_int_equal(s.entries, 2);
	assert_int_equal(s.bytes, 14);
	links_close(l);

	wall_s += (int64_t)100 * 366 * 86400;
	l = open_links(MIB, 0);
	assert_link(l, a, "state a");
	assert_link(l, b, "state b");
	links_close(l);
}

static void test_links_bounds(void **state)
{
	struct links *l = open_links(1000, 0);
	char id[LINK_ID_SIZE], first[LINK_ID_SIZE];
	cleanup_free char *large = calloc(1, LINK_STATE_MAX + 1);
	struct error err;

	(void)state;
	assert_int_equal(
		links_put(l, (struct span){ large, LINK_STATE_MAX + 1 }, id, &err), -EFBIG);
	assert_int_equal(links_put(l, (struct span){ large, 900 }, first, &err), 0);
	assert_int_equal(links_put(l, (struct span){ large, 101 }, id, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "full"));
	assert_int_equal(links_put(l, (struct span){ large, 900 }, id, &err), 0);
	assert_string_equal(id, first);
	assert_int_equal(links_put(l, (struct span){ large, 100 }, id, &err), 0);
	links_close(l);
}

static void test_links_expire_when_told(void **state)
{
	struct links *l = open_links(MIB, 1000);
	char used[LINK_ID_SIZE], unused[LINK_ID_SIZE], later[LINK_ID_SIZE];
	cleanup_buf struct buf b = { 0 };
	struct error err;
	struct links_stats s;

	(void)state;
	links_put(l, span_of("used"), used, &err);
	links_put(l, span_of("unused"), unused, &err);
	wall_s += 600;
	assert_link(l, used, "used");
	wall_s += 600;
	assert_link(l, used, "used");
	assert_int_equal(links_get(l, unused, &b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "expired"));
	links_put(l, span_of("later"), later, &err);
	links_stats(l, &s);
	assert_int_equal(s.entries, 2);
	assert_int_equal(s.expired, 1);
	links_close(l);
}

/* Links are precious: a damaged file is not touched, and the message says what to do. */
static void test_links_damaged(void **state)
{
	char path[128], id[LINK_ID_SIZE];
	struct links *l = open_links(MIB, 0);
	const struct links_setup setup = { .path = path, .max_bytes = MIB };
	struct error err;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char text[300];

		snprintf(text, sizeof text, "%0290d", i);
		assert_int_equal(links_put(l, span_of(text), id, &err), 0);
	}
	links_close(l);
	uint64_t size = size_of("links.db");
	assert_true(size > 40 * KIB);
	overwrite("links.db", 3 * 4096, 4096);
	path_of("links.db", path);
	assert_int_equal(links_open(&setup, &l, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "restore a backup"));
	assert_int_equal(size_of("links.db"), size);
	overwrite("links.db", 0, 4096);
	assert_int_equal(links_open(&setup, &l, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "links.db"));
}

/* Many threads at once, for TSan. */
enum {
	THREADS = 4,
	STEPS = 150,
};

struct crew {
	struct cache *cache;
	struct links *links;
	unsigned number;
};

static void *work(void *arg)
{
	const struct crew *w = arg;

	for (unsigned i = 0; i < STEPS; i++) {
		unsigned n = (w->number * 7 + i * 3) % 40;
		char text[32], id[LINK_ID_SIZE];
		cleanup_buf struct buf b = { 0 };
		struct cache_stats s;

		struct entry *e = cache_get(w->cache, key_of(n), NULL);
		if (e)
			assert_is(e, n, 3000);
		else
			put(w->cache, n, RESULT_EXITED, 3000);
		entry_unref(e);
		cache_stats(w->cache, &s);
		if (i % 10)
			continue;
		snprintf(text, sizeof text, "%u", n);
		assert_int_equal(links_put(w->links, span_of(text), id, NULL), 0);
		assert_int_equal(links_get(w->links, id, &b, NULL), 0);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct cache *c = open_cache(100 * KIB, MIB);
	struct links *l = open_links(MIB, 100);
	pthread_t threads[THREADS];
	struct crew crew[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		crew[i] = (struct crew){ c, l, i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &crew[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	cache_close(c);
	links_close(l);
}

/* The child puts and says so; it is killed whenever. What it said must be there. */
static void acknowledge(int fd, const char *id)
{
	if (write(fd, id, LINK_ID_SIZE - 1) != LINK_ID_SIZE - 1)
		_exit(1);
}

static void put_until_killed(unsigned round, int fd)
{
	struct links *l = open_links(MIB, 0);
	struct cache *c = open_cache(0, 10 * MIB);
	char text[32], id[LINK_ID_SIZE];

	for (unsigned i = 0;; i++) {
		unsigned n = round * 100000 + i;

		snprintf(text, sizeof text, "%u", n);
		if (links_put(l, span_of(text), id, NULL) < 0 || put(c, n, RESULT_EXITED, 500) < 0)
			_exit(1);
		acknowledge(fd, id);
	}
}

static unsigned check_acknowledged(unsigned round, int fd)
{
	struct links *l = open_links(MIB, 0);
	struct cache *c = open_cache(0, 10 * MIB);
	char id[LINK_ID_SIZE] = "", text[32];
	unsigned i = 0;

	for (; read(fd, id, LINK_ID_SIZE - 1) == LINK_ID_SIZE - 1; i++) {
		snprintf(text, sizeof text, "%u", round * 100000 + i);
		assert_link(l, id, text);
		assert_int_equal(tier_of(c, round * 100000 + i), CACHE_DISK);
	}
	links_close(l);
	cache_close(c);
	return i;
}

static void test_killed(void **state)
{
	enum { ROUNDS = 25 };
	unsigned sum = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		int pipe_fds[2];

		assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
		pid_t child = fork();
		if (child == 0) {
			close(pipe_fds[0]);
			put_until_killed(round, pipe_fds[1]);
		}
		close(pipe_fds[1]);
		/* Not before it has begun: that would prove nothing. */
		struct pollfd begun = { .fd = pipe_fds[0], .events = POLLIN };
		assert_int_equal(poll(&begun, 1, 30000), 1);
		usleep(round * 1700);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		sum += check_acknowledged(round, pipe_fds[0]);
		close(pipe_fds[0]);
	}
	assert_true(sum >= ROUNDS);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_damage),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_memory_replaces_and_forgets),
		IN_DIR(test_survives_restart),
		IN_DIR(test_replaces),
		IN_DIR(test_policy),
		IN_DIR(test_disk_is_bounded),
		IN_DIR(test_use_is_told_to_disk),
		IN_DIR(test_damaged_at_start),
		IN_DIR(test_damaged_while_open),
		IN_DIR(test_damaged_record),
		IN_DIR(test_newer_version_is_refused),
		IN_DIR(test_disk_full_and_recovered),
		IN_DIR(test_no_directory),
		IN_DIR(test_links),
		IN_DIR(test_links_bounds),
		IN_DIR(test_links_expire_when_told),
		IN_DIR(test_links_damaged),
		IN_DIR(test_threads),
		IN_DIR(test_killed),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
