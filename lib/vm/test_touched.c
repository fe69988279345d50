/* SPDX-License-Identifier: MIT */
/* The list of pages that clones own from the start: what all of the first ones had, in runs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "touched.h"

#include <cmocka.h>

enum {
	PAGE = 4096,
	CHUNKS = TOUCHED_FRESH_MAX + 3,
	PAGES = (CHUNKS + 1) * TOUCHED_CHUNK + 100,
	RAM = PAGES * PAGE,
};

/* A memory file that has the pages of @list, which ends in -1. */
static int memory_of(const int *list)
{
	int fd = memfd_new("memory");

	assert_true(fd >= 0);
	assert_int_equal(memfd_fix_size(fd, RAM), 0);
	for (; *list >= 0; list++)
		assert_int_equal(io_pwrite(fd, "x", 1, (off_t)*list * PAGE), 0);
	return fd;
}

#define MEMORY(...) memory_of((const int[]){ __VA_ARGS__, -1 })

static int all(void)
{
	int fd = memfd_new("memory");
	static char pages[RAM] = { 1 };

	assert_int_equal(memfd_fix_size(fd, RAM), 0);
	assert_int_equal(io_pwrite(fd, pages, RAM, 0), 0);
	return fd;
}

static void look_and_hear(
	struct touched *t, int base_fd, int fd, const struct touched_run *said, size_t n)
{
	cleanup_fd int clone_fd = fd;
	struct span written = { (const char *)said, n * sizeof *said };

	assert_true(touched_curious(t));
	assert_int_equal(t->list_fd, -1);
	assert_int_equal(touched_look(t, base_fd, clone_fd, written), 0);
}

static void look(struct touched *t, int base_fd, int fd)
{
	look_and_hear(t, base_fd, fd, NULL, 0);
}

static void expect_runs(const struct touched *t, const struct touched_run *want, size_t n)
{
	struct touched_run got[PAGES];

	assert_int_equal(io_pread(t->list_fd, got, sizeof got, 0), n * sizeof *want);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(got[i].page, want[i].page);
		assert_int_equal(got[i].n, want[i].n);
	}
}

static void test_what_all_had(void **state)
{
	cleanup_fd int base_fd = all();
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	look(&t, base_fd, MEMORY(1, 2, 3, 50, 100, 255));
	look(&t, base_fd, MEMORY(1, 2, 3, 50, 99, 255));
	look(&t, base_fd, MEMORY(0, 1, 2, 3, 100, 200, 255));
	assert_false(touched_curious(&t));
	expect_runs(&t, (const struct touched_run[]){ { 1, 3 }, { 255, 1 } }, 2);
	/* No more is learnt, and nobody can change it. */
	assert_int_equal(touched_look(&t, base_fd, base_fd, (struct span){ "", 0 }), 0);
	assert_int_equal(io_pwrite(t.list_fd, "x", 1, 0), -EPERM);
	touched_done(&t);
	assert_int_equal(t.list_fd, -1);
}

static void test_gaps(void **state)
{
	cleanup_fd int base_fd = all();
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd,
			MEMORY(10, 10 + TOUCHED_GAP + 1, 100, 100 + TOUCHED_GAP + 2, 254));
	expect_runs(&t,
		(const struct touched_run[]){ { 10, TOUCHED_GAP + 2 }, { 100, 1 },
			{ 100 + TOUCHED_GAP + 2, 1 }, { 254, 1 } },
		4);
	touched_done(&t);
}

/* The second chunk as a whole, the first and the third page by page, none across the border. */
static void test_dense_chunks(void **state)
{
	enum {
		ALONE = TOUCHED_RUN_COST + TOUCHED_PAGE_COST,
		ENOUGH = (TOUCHED_CHUNK_COST + ALONE - 1) / ALONE, /* pages on their own */
		STEP = TOUCHED_GAP + 2,
	};
	cleanup_fd int base_fd = all();
	struct touched_run runs[ENOUGH + 2];
	int list[2 * ENOUGH + 2], n = 0, m = 0;
	struct touched t;

	(void)state;
	list[n++] = TOUCHED_CHUNK - 1;
	runs[m++] = (struct touched_run){ TOUCHED_CHUNK - 1, 1 };
	for (int i = 0; i < ENOUGH; i++)
		list[n++] = TOUCHED_CHUNK + STEP * i;
	runs[m++] = (struct touched_run){ TOUCHED_CHUNK, TOUCHED_CHUNK };
	for (int i = 0; i < ENOUGH - 1; i++) {
		list[n] = 2 * TOUCHED_CHUNK + 1 + STEP * i;
		runs[m++] = (struct touched_run){ (uint32_t)list[n++], 1 };
	}
	list[n] = -1;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, memory_of(list));
	expect_runs(&t, runs, (size_t)m);
	touched_done(&t);
}

/* A run is cheaper than as many pages on their own, and then as a whole, too. */
static void test_long_run(void **state)
{
	enum { LONGEST = (TOUCHED_CHUNK_COST - TOUCHED_RUN_COST - 1) / TOUCHED_PAGE_COST };
	cleanup_fd int base_fd = all();
	int list[2 * LONGEST + 2], n = 0;
	struct touched t;

	(void)state;
	for (int i = 0; i < LONGEST; i++)
		list[n++] = 5 + i;
	for (int i = 0; i < LONGEST + 1; i++)
		list[n++] = TOUCHED_CHUNK + 5 + i;
	list[n] = -1;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, memory_of(list));
	expect_runs(&t,
		(const struct touched_run[]){ { 5, LONGEST }, { TOUCHED_CHUNK, TOUCHED_CHUNK } },
		2);
	touched_done(&t);
}

/* Memory that was free in the template is a clone's own anyway. It comes last, for those that wait.
 */
static void test_free_memory(void **state)
{
	cleanup_fd int base_fd = MEMORY(1, 2, 40);
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, MEMORY(2, 3, 4, 5, 40, 120, 121 + i));
	expect_runs(
		&t, (const struct touched_run[]){ { 2, 1 }, { 40, 1 }, { 3, 3 }, { 120, 1 } }, 4);
	touched_done(&t);
}

/* Only so much of it as a clone may hold that only waits. */
static void test_much_free_memory(void **state)
{
	cleanup_fd int base_fd = MEMORY(1);
	int list[TOUCHED_AHEAD_MAX + 21], n = 0;
	struct touched t;

	(void)state;
	for (int i = 0; i < 10; i++)
		list[n++] = TOUCHED_CHUNK + i;
	for (int i = 0; i < TOUCHED_AHEAD_MAX / 2; i++)
		list[n++] = 2 * TOUCHED_CHUNK + 7 + i;
	for (int i = 0; i < TOUCHED_AHEAD_MAX / 2 + 10; i++)
		list[n++] = 3 * TOUCHED_CHUNK + i;
	list[n] = -1;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, memory_of(list));
	expect_runs(&t,
		(const struct touched_run[]){ { TOUCHED_CHUNK, 10 },
			{ 2 * TOUCHED_CHUNK + 7, TOUCHED_AHEAD_MAX / 2 },
			{ 3 * TOUCHED_CHUNK, TOUCHED_AHEAD_MAX / 2 - 10 } },
		3);
	touched_done(&t);
}

/*
 * Unless so much of it is used that it is better had at once: of the chunks that have enough the
 * first, where the template has no page that clones write.
 */
static void test_used_up_memory(void **state)
{
	enum { ENOUGH = TOUCHED_FRESH_CHUNK / TOUCHED_FRESH_COST };
	cleanup_fd int base_fd = MEMORY(TOUCHED_CHUNK + 500);
	int list[CHUNKS * ENOUGH + 2], n = 0;
	struct touched_run runs[TOUCHED_FRESH_MAX + 1] = { { TOUCHED_CHUNK + 500, 1 } };
	struct touched t;

	(void)state;
	for (int i = 0; i < ENOUGH - 1; i++) /* too few */
		list[n++] = i;
	for (int i = 0; i < ENOUGH; i++) /* one of the template's among them */
		list[n++] = TOUCHED_CHUNK + i;
	list[n++] = TOUCHED_CHUNK + 500;
	for (int c = 2; c < CHUNKS; c++)
		for (int i = 0; i < ENOUGH; i++)
			list[n++] = c * TOUCHED_CHUNK + i;
	list[n] = -1;
	for (int c = 0; c < TOUCHED_FRESH_MAX; c++)
		runs[1 + c] =
			(struct touched_run){ (uint32_t)(2 + c) * TOUCHED_CHUNK, TOUCHED_CHUNK };
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, memory_of(list));
	expect_runs(&t, runs, TOUCHED_FRESH_MAX + 1);
	touched_done(&t);
}

static void test_nothing_in_common(void **state)
{
	cleanup_fd int base_fd = all();
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	look(&t, base_fd, MEMORY(1));
	look(&t, base_fd, MEMORY(2));
	look(&t, base_fd, MEMORY(3));
	expect_runs(&t, NULL, 0);
	touched_done(&t);
}

/* What all say they wrote, behind the rest; no more than a clone that waits may have. */
static void test_what_they_wrote(void **state)
{
	static const struct touched_run first[] = { { 5, 3 }, { 20, 1 }, { 600, 1000 } },
					second[] = { { 6, 4 }, { 19, 3 }, { 500, 900 } },
					third[] = { { 0, 30 }, { 600, 800 } };
	cleanup_fd int base_fd = all();
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	look_and_hear(&t, base_fd, MEMORY(7), first, 3);
	look_and_hear(&t, base_fd, MEMORY(7), second, 3);
	look_and_hear(&t, base_fd, MEMORY(7), third, 2);
	expect_runs(&t,
		(const struct touched_run[]){ { 7, 1 }, { 6, 2 | TOUCHED_WRITTEN },
			{ 20, 1 | TOUCHED_WRITTEN },
			{ 600, (TOUCHED_WAIT_MAX - 3) | TOUCHED_WRITTEN } },
		4);
	touched_done(&t);
}

/* A guest's word: what is out of order or out of memory ends it, and half a run is none. */
static void test_what_they_cannot_have_written(void **state)
{
	static const struct touched_run all_said[] = { { 3, 2 }, { 9, 1 }, { PAGES - 1, 1 } },
					back[] = { { 3, 2 }, { 4, 1 }, { 9, 1 }, { PAGES - 1, 1 } },
					beyond[] = { { 3, 2 }, { 9, PAGES }, { PAGES - 1, 1 } },
					far[] = { { 3, 2 }, { UINT32_MAX, UINT32_MAX } };
	const struct {
		const struct touched_run *runs;
		size_t n;
	} cases[] = { { back, 4 }, { beyond, 3 }, { far, 2 }, { all_said, 1 } };
	cleanup_fd int base_fd = all();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct touched t;

		touched_init(&t, RAM);
		look_and_hear(&t, base_fd, MEMORY(7), all_said, 3);
		look_and_hear(&t, base_fd, MEMORY(7), all_said, 3);
		look_and_hear(&t, base_fd, MEMORY(7), cases[i].runs, cases[i].n);
		expect_runs(&t,
			(const struct touched_run[]){ { 7, 1 }, { 3, 2 | TOUCHED_WRITTEN } }, 2);
		touched_done(&t);
	}
	struct touched t;
	touched_init(&t, RAM);
	for (int i = 0; i < TOUCHED_CLONES; i++) {
		cleanup_fd int clone_fd = MEMORY(7);
		struct span odd = { (const char *)all_said, sizeof *all_said + 3 };
		assert_int_equal(touched_look(&t, base_fd, clone_fd, odd), 0);
	}
	expect_runs(&t, (const struct touched_run[]){ { 7, 1 }, { 3, 2 | TOUCHED_WRITTEN } }, 2);
	touched_done(&t);
}

/* Where nothing can be looked at, clones learn that there is nothing to tell any more. */
static void test_never_a_memory_file(void **state)
{
	cleanup_fd int base_fd = all();
	struct touched t;

	(void)state;
	touched_init(&t, RAM);
	look(&t, base_fd, MEMORY(7));
	for (int i = 0; i < TOUCHED_FAILURES; i++) {
		assert_true(touched_curious(&t));
		assert_int_equal(touched_look(&t, base_fd, -1, (struct span){ "", 0 }), -EBADF);
	}
	assert_false(touched_curious(&t));
	expect_runs(&t, NULL, 0);
	touched_done(&t);
}

/* What cannot be looked at teaches nothing and is not counted. */
static void test_no_memory_file(void **state)
{
	cleanup_fd int base_fd = all();
	struct touched t;
	int ends[2];

	(void)state;
	touched_init(&t, RAM);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(touched_look(&t, base_fd, ends[0], (struct span){ "", 0 }), -ESPIPE);
	assert_true(touched_curious(&t));
	close(ends[0]);
	close(ends[1]);
	for (int i = 0; i < TOUCHED_CLONES; i++)
		look(&t, base_fd, MEMORY(7));
	expect_runs(&t, (const struct touched_run[]){ { 7, 1 } }, 1);
	touched_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_all_had),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_dense_chunks),
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_free_memory),
		cmocka_unit_test(test_much_free_memory),
		cmocka_unit_test(test_used_up_memory),
		cmocka_unit_test(test_nothing_in_common),
		cmocka_unit_test(test_what_they_wrote),
		cmocka_unit_test(test_what_they_cannot_have_written),
		cmocka_unit_test(test_no_memory_file),
		cmocka_unit_test(test_never_a_memory_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
