/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "test_support.h"

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

/* Rows of half a page and a bit fill the file before they fill the count of bytes. */
static void test_large_after_small(void **state)
{
	struct cache *c = open_cache(0, 2 * MIB);

	(void)state;
	for (unsigned i = 0; i < 700; i++)
		assert_int_equal(put(c, i, RESULT_EXITED, 2100), 0);
	assert_int_equal(put(c, 1000, RESULT_EXITED, 250000), 0);
	assert_int_equal(tier_of(c, 1000), CACHE_DISK);
	assert_int_equal(tier_of(c, 699), CACHE_DISK);
	cache_close(c);
	assert_true(size_of("results.db") <= 2 * MIB + 512 * KIB);
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

static void test_no_directory(void **state)
{
	const struct cache_setup setup = { .dir = "/nonexistent/x", .disk_bytes = MIB };
	struct cache *c = NULL;
	struct error err;

	(void)state;
	assert_true(cache_open(&setup, &c, &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent/x/results.db"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_survives_restart),
		IN_DIR(test_replaces),
		IN_DIR(test_policy),
		IN_DIR(test_disk_is_bounded),
		IN_DIR(test_large_after_small),
		IN_DIR(test_use_is_told_to_disk),
		IN_DIR(test_no_directory),
		IN_DIR(test_threads),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
