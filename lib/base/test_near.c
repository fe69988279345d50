/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "near.h"

#include <cmocka.h>

static void test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t d;
	} cases[] = {
		{ "", "", 0 },
		{ "gcc", "gcc", 0 },
		{ "", "gcc", 3 },
		{ "gc", "gcc", 1 },
		{ "gcd", "gcc", 1 },
		{ "cgc", "gcc", 1 },
		{ "pyhton", "python", 1 },
		{ "kitten", "sitting", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(near_distance(cases[i].a, cases[i].b), cases[i].d);
		assert_int_equal(near_distance(cases[i].b, cases[i].a), cases[i].d);
	}
}

static void test_distance_of_long_names(void **state)
{
	char a[3 * NEAR_NAME_MAX], b[3 * NEAR_NAME_MAX];

	(void)state;
	memset(a, 'a', sizeof a);
	memset(b, 'b', sizeof b);
	a[sizeof a - 1] = b[sizeof b - 1] = '\0';
	assert_int_equal(near_distance(a, b), NEAR_NAME_MAX);
	assert_int_equal(near_distance(a, "a"), NEAR_NAME_MAX - 1);
}

static void test_text(void **state)
{
	static const struct {
		const char *name, *near;
		size_t n;
	} cases[] = {
		{ "gc", "gcc, gcc-11, gcc-12", 3 },
		{ "gxc", "gcc", 1 },
		{ "python", "python3", 1 },
		{ "pyhton3", "python3", 1 },
		{ "pthon", "python3", 1 },
		{ "haskell", "", 0 },
		{ "x", "", 0 },
		{ "", "", 0 },
	};
	static const char *const names[] = { "gcc", "gcc-11", "gcc-12", "gcc-13", "python3",
		"shell" };
	cleanup_strv struct strv all = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(strv_add(&all, names[i]), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[NEAR_TEXT_MAX];

		assert_int_equal(near_text(cases[i].name, &all, text, sizeof text), cases[i].n);
		assert_string_equal(text, cases[i].near);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_distance_of_long_names),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
