/* SPDX-License-Identifier: MIT */
/* Lists of what images' runs read: joined, kept, and refused when damaged. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bundle/warm.h"
#include "lessons.h"
#include "profile.h"

#include <cmocka.h>

#define LIST(s) ((struct span){ (s), sizeof(s) - 1 })

static const struct span none = { "", 0 };
static char dir[] = "/tmp/pe-test-profile-XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = { "sha256:a", "sha256:b" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s.2", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void expect_merge(struct span a, struct span b, struct span want)
{
	cleanup_buf struct buf got = { 0 };

	assert_int_equal(profile_merge(a, b, &got), 0);
	assert_int_equal(got.n, want.n);
	if (want.n > 0)
		assert_memory_equal(got.p, want.p, want.n);
}

static void test_merge(void **state)
{
	(void)state;
	expect_merge(none, none, none);
	expect_merge(none, LIST("0+2 b\0003+1 a\0"), LIST("3+1 a\0000+2 b\0"));
	/* What is known stays where it is. */
	expect_merge(LIST("0+2 b\0003+1 a\0"), none, LIST("0+2 b\0003+1 a\0"));
	expect_merge(LIST("0+1 d\0000+1 b\0"), LIST("0+1 e\0000+1 c\0000+1 b\0000+1 a\0"),
		LIST("0+1 d\0000+1 b\0000+1 a\0000+1 c\0000+1 e\0"));
	expect_merge(LIST("0+1 b\0000+1 a\0002+1 b\0"), LIST("1+1 b\0"), LIST("0+3 b\0000+1 a\0"));
	expect_merge(LIST("0+2 a\0"), LIST("2+2 a\0"), LIST("0+4 a\0"));
	expect_merge(LIST("0+4,9+1 a\0"), LIST("1+2 a\0"), LIST("0+4,9+1 a\0"));
	expect_merge(LIST("5+1 a\0"), LIST("0+1 a\0"), LIST("0+1,5+1 a\0"));
	expect_merge(LIST("0+1 a b\0"), LIST("0+1 a\0"), LIST("0+1 a b\0000+1 a\0"));
	/* Names only. */
	expect_merge(LIST("- b\0- a\0- b\0"), LIST("- b\0"), LIST("- b\0- a\0"));
	expect_merge(LIST("- a\0- b\0"), LIST("3+1,5+1 a\0"), LIST("3+1,5+1 a\0- b\0"));
	expect_merge(LIST("0+2 a\0"), LIST("- a\0"), LIST("0+2 a\0"));
}

static void test_damaged(void **state)
{
	static const struct span cases[] = {
		{ "0+1 a", 5 },      /* does not end */
		LIST("0+1\0"),       /* no path */
		LIST("a\0"),         /* no pages */
		LIST("0+0 a\0"),     /* none of them */
		LIST("4+1,0+1 a\0"), /* not in order */
		LIST("0+4,3+1 a\0"), /* twice */
		LIST("0+99999999 a\0"),
		LIST("-1+1 a\0"),
		LIST("0+1 /a\0"),
		LIST("0+1 ../a\0"),
		LIST("0+1 a/../b\0"),
		LIST("0+1 a/\0"),
		LIST("0+1 a//b\0"),
		LIST("0+1 ./a\0"),
		LIST("0+1 a\0000+1\0"),
		LIST("- \0"),
		LIST("-\0"),
		LIST(" a\0"),
		LIST("-, a\0"),
		LIST("0+1,- a\0"),
		LIST("-0+1 a\0"),
		LIST("- /a\0"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf got = { 0 };
		assert_int_equal(profile_merge(cases[i], none, &got), -EPROTO);
		assert_null(got.p);
	}
}

static void test_too_many_pages_are_cut(void **state)
{
	cleanup_buf struct buf got = { 0 };

	(void)state;
	assert_int_equal(profile_merge(LIST("0+30000 a\0"), LIST("0+30000 b\0"), &got), 0);
	assert_int_equal(profile_pages(buf_span(&got)), 30000);
}

/* A list as it was kept before there were names is not read, and goes. */
static void test_old_form(void)
{
	cleanup_buf struct buf got = { 0 };
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/sha256:b", dir);
	f = fopen(path, "we");
	assert_non_null(f);
	fwrite("0+2 a", 1, sizeof "0+2 a", f);
	fclose(f);
	assert_int_equal(profile_load(dir, "sha256:b", &got), 0);
	assert_int_equal(got.n, 0);
	assert_int_equal(profile_store(dir, "sha256:b", LIST("- a\0")), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(profile_load(dir, "sha256:b", &got), 0);
	assert_int_equal(got.n, sizeof "- a");
}

static void test_kept(void **state)
{
	cleanup_buf struct buf got = { 0 };
	cleanup_buf struct buf nothing = { 0 };

	(void)state;
	assert_int_equal(profile_load(dir, "sha256:a", &nothing), 0);
	assert_int_equal(nothing.n, 0);
	assert_int_equal(profile_store(dir, "sha256:a", LIST("0+2 a\0")), 0);
	assert_int_equal(profile_load(dir, "sha256:a", &got), 0);
	assert_int_equal(got.n, sizeof "0+2 a");
	assert_int_equal(profile_store(dir, "../x", LIST("0+2 a\0")), -EINVAL);
	test_old_form();
	assert_int_equal(profile_store(dir, "sha256:b", LIST("nonsense")), 0);
	assert_int_equal(profile_load(dir, "sha256:b", &nothing), -EPROTO);
}

static void test_lessons(void **state)
{
	struct lessons l;
	bool more;

	(void)state;
	assert_int_equal(lessons_open(&l, dir), 0);
	assert_false(lessons_known(&l, "sha256:c"));
	/* One run is watched, not two at a time. */
	assert_true(lessons_curious(&l, "sha256:c"));
	assert_false(lessons_curious(&l, "sha256:c"));
	assert_true(lessons_known(&l, "sha256:c"));
	assert_int_equal(lessons_learn(&l, "sha256:c", LIST("0+1000 x\0"), &more), 0);
	assert_true(more);
	/* Little was missed, often. */
	for (int i = 0; i < 10; i++) {
		lessons_missed(&l, "sha256:c", 50 << 10);
		assert_false(lessons_curious(&l, "sha256:c"));
	}
	lessons_missed(&l, "sha256:c", 50 << 10);
	assert_true(lessons_curious(&l, "sha256:c"));
	/* The run that was watched was another one, which had read nothing: the next is. */
	assert_int_equal(lessons_learn(&l, "sha256:c", LIST(""), &more), 0);
	assert_false(more);
	assert_true(lessons_curious(&l, "sha256:c"));
	assert_int_equal(lessons_learn(&l, "sha256:c", LIST("0+1 y\0"), &more), 0);
	assert_true(more);
	/* A name is something new, but does not say that there is more. */
	lessons_missed(&l, "sha256:c", 64 << 20);
	assert_true(lessons_curious(&l, "sha256:c"));
	assert_int_equal(lessons_learn(&l, "sha256:c", LIST("- z\0"), &more), 0);
	assert_true(more);
	/* Nothing new, time and again: it is left alone. */
	for (int i = 0; i < 3; i++) {
		lessons_missed(&l, "sha256:c", 64 << 20);
		assert_true(lessons_curious(&l, "sha256:c"));
		assert_int_equal(lessons_learn(&l, "sha256:c", LIST("0+1000 x\0- z\0"), &more), 0);
		assert_false(more);
	}
	lessons_missed(&l, "sha256:c", 64 << 20);
	assert_false(lessons_curious(&l, "sha256:c"));
	assert_int_equal(lessons_learn(&l, "sha256:c", LIST("damaged"), &more), -EPROTO);
	lessons_done(&l);

	char path[128];
	snprintf(path, sizeof path, "%s/sha256:c.2", dir);
	assert_int_equal(unlink(path), 0);
}

/* Somebody read everything: there is no room for what others read, until it is forgotten, once. */
static void test_a_full_list_is_started_over(void **state)
{
	struct lessons l;
	bool more;

	(void)state;
	assert_int_equal(lessons_open(&l, dir), 0);
	assert_int_equal(profile_store(dir, "sha256:d", LIST("0+32700 a\0")), 0);
	for (int i = 0; i < 2; i++) {
		assert_true(lessons_known(&l, "sha256:d"));
		lessons_missed(&l, "sha256:d", 64 << 20);
		assert_true(lessons_curious(&l, "sha256:d"));
		assert_int_equal(lessons_learn(&l, "sha256:d", LIST("0+1000 x\0"), &more), 0);
		assert_false(more);
		if (i > 0)
			break;
		/* The next run boots and is watched. */
		assert_false(lessons_known(&l, "sha256:d"));
		assert_true(lessons_curious(&l, "sha256:d"));
		assert_int_equal(lessons_learn(&l, "sha256:d", LIST("0+32700 b\0"), &more), 0);
		assert_true(more);
	}
	assert_true(lessons_known(&l, "sha256:d"));
	lessons_done(&l);

	char path[128];
	snprintf(path, sizeof path, "%s/sha256:d.2", dir);
	assert_int_equal(unlink(path), 0);
}

static void test_nothing_is_learnt_without_a_directory(void **state)
{
	struct lessons l;

	(void)state;
	assert_int_equal(lessons_open(&l, NULL), 0);
	assert_true(lessons_known(&l, "sha256:c"));
	assert_false(lessons_curious(&l, "sha256:c"));
	lessons_done(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_too_many_pages_are_cut),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_lessons),
		cmocka_unit_test(test_a_full_list_is_started_over),
		cmocka_unit_test(test_nothing_is_learnt_without_a_directory),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
