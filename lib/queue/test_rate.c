/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "queue/rate.h"

#include <cmocka.h>

#define S ((uint64_t)1000000)

static void test_burst_then_rate(void **state)
{
	const struct rate_setup setup = { .per_second = 2, .burst = 3, .max_clients = 10 };
	struct rate *r = rate_new(&setup);
	uint64_t wait = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(r, "a", 10 * S, &wait));
	assert_false(rate_take(r, "a", 10 * S, &wait));
	assert_in_range(wait, S / 2 - 1, S / 2 + 1);
	assert_true(rate_take(r, "b", 10 * S, NULL));
	assert_false(rate_take(r, "a", 10 * S + wait / 2, &wait));
	assert_true(rate_take(r, "a", 10 * S + S / 2 + 1, &wait));
	assert_false(rate_take(r, "a", 10 * S + S / 2 + 1, &wait));
	/* An hour of silence gives a burst, not an hour's worth. */
	for (int i = 0; i < 3; i++)
		assert_true(rate_take(r, "a", 3600 * S, &wait));
	assert_false(rate_take(r, "a", 3600 * S, &wait));
	rate_free(r);
}

static void test_slow_rate_and_clock(void **state)
{
	const struct rate_setup setup = { .per_second = 0.1, .burst = 0, .max_clients = 10 };
	struct rate *r = rate_new(&setup);
	uint64_t wait = 0;

	(void)state;
	assert_true(rate_take(r, "a", 100 * S, &wait));
	assert_false(rate_take(r, "a", 100 * S, &wait));
	assert_in_range(wait, 10 * S - 2, 10 * S + 2);
	/* A moment before the last one changes nothing. */
	assert_false(rate_take(r, "a", 1 * S, &wait));
	assert_true(rate_take(r, "a", 110 * S + 1, &wait));
	rate_free(r);
}

static void test_no_limit(void **state)
{
	const struct rate_setup setup = { .per_second = 0, .burst = 1 };
	struct rate *r = rate_new(&setup);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_true(rate_take(r, "a", 0, NULL));
	assert_int_equal(rate_clients(r), 0);
	rate_free(r);
}

/* A crowd of addresses costs no more memory than was allowed; whoever asks most stays remembered.
 */
static void test_bounded(void **state)
{
	const struct rate_setup setup = { .per_second = 0.001, .burst = 8, .max_clients = 100 };
	struct rate *r = rate_new(&setup);
	char name[16];

	(void)state;
	for (int i = 0; i < 8; i++)
		assert_true(rate_take(r, "greedy", 0, NULL));
	for (int i = 0; i < 150; i++) {
		snprintf(name, sizeof name, "c%d", i);
		assert_true(rate_take(r, name, 0, NULL));
		assert_true(rate_clients(r) <= 100);
	}
	assert_false(rate_take(r, "greedy", 0, NULL));
	/* Even when all have nothing left there is room for the next. */
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "d%d", i);
		for (int k = 0; k < 9; k++)
			rate_take(r, name, 0, NULL);
		assert_true(rate_clients(r) <= 100);
	}
	rate_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_burst_then_rate),
		cmocka_unit_test(test_slow_rate_and_clock),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
