/* SPDX-License-Identifier: MIT */
/* Who gets how much of the slots. */
#include "test_support.h"

enum { CROWD = 1000 };

struct crowd {
	struct load loads[CROWD];
	struct waiter waiters[CROWD];
	struct ticket *tickets[CROWD];
};

static struct crowd *gather(struct queue *q, const char *client, int n, int first_id)
{
	struct crowd *c = calloc(1, sizeof *c);

	assert_non_null(c);
	for (int i = 0; i < n; i++) {
		c->loads[i].id = first_id + i;
		c->tickets[i] = join(q, NULL, client, &c->loads[i], &c->waiters[i]);
	}
	return c;
}

static void disperse(struct queue *q, struct crowd *c, int n)
{
	for (int i = 0; i < n; i++)
		queue_leave(q, c->tickets[i]);
	free(c);
}

/* The promise: a client's thousand jobs do not starve another one's. */
static void test_thousand_do_not_starve_one(void **state)
{
	struct queue *q = make_queue(2 * CROWD, CROWD, 1);
	struct crowd *many = gather(q, "many", CROWD, 1);
	struct load load = { .id = -1 };
	struct waiter w = { 0 };
	struct queue_place place;
	struct ticket *t;
	struct flight *f;

	(void)state;
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_int_equal(try_join(q, NULL, "one", &load, &w, &t, &place), 0);
	assert_int_equal(place.position, 0);
	now += 50 * MS;
	queue_finish(q, f, "done");
	assert_int_equal(pop_id(q, 0, &f), -1);
	queue_finish(q, f, "done");
	queue_leave(q, t);
	disperse(q, many, CROWD);
	queue_free(q);
}

/* Time is what is shared, not turns. */
static void test_long_runs_pay_for_themselves(void **state)
{
	struct queue *q = make_queue(2 * CROWD, CROWD, 1);
	struct crowd *slow = gather(q, "slow", 500, 1);
	struct crowd *fast = gather(q, "fast", 500, 1001);
	uint64_t spent[2] = { 0 };
	struct flight *f;

	(void)state;
	for (int i = 0; i < 300; i++) {
		int is_fast = pop_id(q, 0, &f) > 1000;
		uint64_t took = is_fast ? 20 * MS : 400 * MS;

		now += took;
		spent[is_fast] += took;
		queue_finish(q, f, "done");
	}
	/* Equal to within one run of the slow one. */
	assert_true(spent[0] < spent[1] + 500 * MS && spent[1] < spent[0] + 500 * MS);
	disperse(q, slow, 500);
	disperse(q, fast, 500);
	queue_free(q);
}

/* Whoever was away has saved up nothing. */
static void test_absence_saves_nothing(void **state)
{
	struct queue *q = make_queue(2 * CROWD, CROWD, 1);
	struct crowd *a = gather(q, "a", 500, 1);
	int of_b = 0;
	struct flight *f;

	(void)state;
	for (int i = 0; i < 200; i++) {
		pop_id(q, 0, &f);
		now += 10 * MS;
		queue_finish(q, f, "done");
	}
	struct crowd *b = gather(q, "b", 500, 1001);
	for (int i = 0; i < 100; i++) {
		of_b += pop_id(q, 0, &f) > 1000;
		now += 10 * MS;
		queue_finish(q, f, "done");
	}
	assert_in_range(of_b, 49, 51);
	disperse(q, a, 500);
	disperse(q, b, 500);
	queue_free(q);
}

/* When all runs take the same, the position that was told is the one that comes. */
static void test_positions_come_true(void **state)
{
	enum { CLIENTS = 5, EACH = 8, ALL = CLIENTS * EACH };
	struct queue *q = make_queue(ALL, EACH, 1);
	struct load loads[ALL];
	struct waiter w[ALL] = { 0 };
	struct ticket *t[ALL];
	struct queue_place place;
	struct flight *f;
	size_t told[ALL];

	(void)state;
	for (int i = 0; i < ALL; i++) {
		char client[] = "client0";

		/* Unevenly: the first clients first. */
		client[6] = (char)('0' + i / EACH);
		loads[i] = (struct load){ .id = i };
		t[i] = join(q, NULL, client, &loads[i], &w[i]);
	}
	for (int i = 0; i < ALL; i++) {
		assert_true(queue_position(q, t[i], &place));
		told[i] = place.position;
	}
	for (size_t at = 0; at < ALL; at++) {
		int id = pop_id(q, 0, &f);

		assert_int_equal(told[id], at);
		now += 100 * MS; /* what the queue expects of those it knows nothing of */
		queue_finish(q, f, "done");
		assert_false(queue_position(q, t[id], &place));
	}
	for (int i = 0; i < ALL; i++)
		queue_leave(q, t[i]);
	queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand_do_not_starve_one),
		cmocka_unit_test(test_long_runs_pay_for_themselves),
		cmocka_unit_test(test_absence_saves_nothing),
		cmocka_unit_test(test_positions_come_true),
	};

	return cmocka_run_group_tests_name("fair", tests, NULL, NULL);
}
