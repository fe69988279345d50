/* SPDX-License-Identifier: MIT */
/* Damaged files and full disks. */
#include <signal.h>
#include <sys/resource.h>

#include "cache/db.h"
#include "test_support.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_damaged_at_start),
		IN_DIR(test_damaged_while_open),
		IN_DIR(test_damaged_record),
		IN_DIR(test_newer_version_is_refused),
		IN_DIR(test_disk_full_and_recovered),
	};

	return cmocka_run_group_tests_name("damage", tests, NULL, NULL);
}
