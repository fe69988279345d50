/* SPDX-License-Identifier: MIT */
#include "test_support.h"

static void test_one_run(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load load = { 0 };
	struct waiter w = { 0 };

	(void)state;
	now = 1000;
	struct ticket *t = join(q, "k", "a", &load, &w);
	now = 3500;
	struct flight *f = queue_pop(q, 0);
	assert_ptr_equal(flight_payload(f), &load);
	assert_string_equal(flight_key(f), "k");
	assert_int_equal(flight_attempt(f), 1);
	assert_int_equal(flight_queue_us(f), 2500);
	queue_publish(q, f, "event ");
	queue_finish(q, f, "done");
	assert_string_equal(w.story, "started event finished ");
	assert_string_equal(w.outcome, "done");
	assert_int_equal(w.queue_us, 2500);
	assert_int_equal(load.released, 1);
	assert_int_equal(load.cancelled, 0);
	assert_int_equal(queue_cancel(q, ticket_id(t)), -ENOENT);
	queue_leave(q, t);
	queue_free(q);
}

static void test_same_key_runs_once(void **state)
{
	struct queue *q = make_queue(10, 10, 2);
	struct load first = { 0 }, second = { 0 }, third = { 0 };
	struct waiter w[3] = { 0 };
	struct ticket *t[3];
	struct queue_place place;

	(void)state;
	t[0] = join(q, "k", "a", &first, &w[0]);
	assert_int_equal(try_join(q, "k", "b", &second, &w[1], &t[1], &place), 0);
	assert_true(place.joined);
	assert_false(place.running);
	assert_ptr_equal(w[1].joined, &first);

	struct flight *f = queue_pop(q, 0);
	queue_publish(q, f, "early ");
	assert_int_equal(try_join(q, "k", "c", &third, &w[2], &t[2], &place), 0);
	assert_true(place.joined);
	assert_true(place.running);
	queue_publish(q, f, "late ");
	queue_finish(q, f, "done");
	assert_string_equal(w[0].story, "started early late finished ");
	assert_string_equal(w[1].story, "joined started early late finished ");
	assert_string_equal(w[2].story, "joined late finished ");
	assert_int_equal(first.released, 1);
	assert_int_equal(second.released + third.released, 0);
	for (int i = 0; i < 3; i++)
		queue_leave(q, t[i]);

	/* What has ended is joined by nobody. */
	t[0] = join(q, "k", "a", &second, &w[0]);
	f = queue_pop(q, 0);
	assert_ptr_equal(flight_payload(f), &second);
	queue_finish(q, f, "done");
	queue_leave(q, t[0]);
	queue_free(q);
}

static void test_without_key_alone(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[2] = { 0 };
	struct ticket *t[2];
	struct flight *f;

	(void)state;
	for (int i = 0; i < 2; i++)
		t[i] = join(q, NULL, "a", &loads[i], &w[i]);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pop_id(q, 0, &f), i + 1);
		assert_null(flight_key(f));
		queue_finish(q, f, "done");
		queue_leave(q, t[i]);
		assert_string_equal(w[i].story, "started finished ");
	}
	queue_free(q);
}

static void test_bounds(void **state)
{
	struct queue *q = make_queue(3, 2, 1);
	struct load loads[6] = { 0 };
	struct waiter w[6] = { 0 };
	struct ticket *t[6], *none = NULL;
	struct queue_place place;

	(void)state;
	/* It has seen one run, of 4 s. */
	t[0] = join(q, NULL, "a", &loads[0], &w[0]);
	struct flight *f = queue_pop(q, 0);
	now += 4000 * MS;
	queue_finish(q, f, "done");
	queue_leave(q, t[0]);

	t[0] = join(q, NULL, "a", &loads[0], &w[0]);
	t[1] = join(q, NULL, "a", &loads[1], &w[1]);
	assert_int_equal(try_join(q, NULL, "a", &loads[2], &w[2], &none, &place), -EDQUOT);
	assert_int_equal(place.wait_us, 4000 * MS);
	t[2] = join(q, "k", "b", &loads[2], &w[2]);
	assert_int_equal(try_join(q, NULL, "c", &loads[3], &w[3], &none, &place), -EAGAIN);
	assert_int_equal(place.wait_us, 3 * 4000 * MS);
	assert_null(none);
	/* To join what is there takes no place. */
	t[3] = join(q, "k", "c", &loads[3], &w[3]);
	for (int i = 0; i < 4; i++)
		queue_leave(q, t[i]);
	for (int i = 0; i < 3; i++)
		assert_int_equal(loads[i].released, i == 0 ? 2 : 1);
	assert_int_equal(loads[3].released, 0);

	struct queue_stats stats;
	queue_stats(q, &stats);
	assert_int_equal(stats.waiting + stats.running + stats.tickets + stats.clients, 0);
	queue_free(q);
}

static void test_leaving_while_it_waits(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[3] = { 0 };
	struct flight *f;

	(void)state;
	struct ticket *a = join(q, "k", "a", &loads[0], &w[0]);
	struct ticket *b = join(q, "k", "b", &loads[0], &w[1]);
	struct ticket *c = join(q, "other", "a", &loads[1], &w[2]);
	queue_leave(q, a);
	assert_int_equal(loads[0].released, 0);
	queue_leave(q, b);
	assert_int_equal(loads[0].released, 1);
	assert_int_equal(loads[0].cancelled, 0);
	assert_int_equal(pop_id(q, 0, &f), 2);
	queue_finish(q, f, "done");
	assert_string_equal(w[0].story, "");
	assert_string_equal(w[1].story, "joined ");
	queue_leave(q, c);
	queue_free(q);
}

static void test_leaving_while_it_runs(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[3] = { 0 };
	struct flight *f, *g;

	(void)state;
	struct ticket *a = join(q, "k", "a", &loads[0], &w[0]);
	assert_int_equal(pop_id(q, 0, &f), 1);
	struct ticket *b = join(q, "k", "b", &loads[0], &w[1]);
	queue_leave(q, a);
	assert_false(flight_cancelled(f));
	queue_leave(q, b);
	assert_true(flight_cancelled(f));
	assert_int_equal(loads[0].cancelled, 1);
	assert_int_equal(loads[0].released, 0);
	assert_false(queue_retry(q, f, 0));

	/* A dying flight is joined by nobody. */
	struct ticket *c = join(q, "k", "c", &loads[1], &w[2]);
	queue_finish(q, f, "late");
	assert_int_equal(loads[0].released, 1);
	assert_int_equal(pop_id(q, 0, &g), 2);
	queue_finish(q, g, "done");
	assert_string_equal(w[2].story, "started finished ");
	queue_leave(q, c);
	queue_free(q);
}

static void test_cancel_by_id(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[2] = { 0 };
	struct flight *f;

	(void)state;
	struct ticket *a = join(q, "k", "a", &loads[0], &w[0]);
	struct ticket *b = join(q, "l", "a", &loads[1], &w[1]);
	assert_int_equal(strlen(ticket_id(a)), TICKET_ID_SIZE - 1);
	assert_string_not_equal(ticket_id(a), ticket_id(b));
	assert_int_equal(queue_cancel(q, "nobody"), -ENOENT);
	assert_int_equal(queue_cancel(q, ticket_id(b)), 0);
	assert_int_equal(queue_cancel(q, ticket_id(b)), -ENOENT);
	assert_int_equal(loads[1].released, 1);
	assert_string_equal(w[1].story, "gone ");
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_int_equal(queue_cancel(q, ticket_id(a)), 0);
	assert_int_equal(loads[0].cancelled, 1);
	queue_finish(q, f, "done");
	assert_string_equal(w[0].story, "started gone ");
	queue_leave(q, a);
	queue_leave(q, b);
	queue_free(q);
}

static void test_retry_on_another_slot(void **state)
{
	struct queue *q = make_queue(10, 10, 2);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[2] = { 0 };
	struct flight *f, *g;

	(void)state;
	struct ticket *a = join(q, "k", "a", &loads[0], &w[0]);
	struct ticket *b = join(q, "l", "a", &loads[1], &w[1]);
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_true(queue_retry(q, f, 0));
	/* Slot 0 gets the next one, slot 1 the one that failed, and before all others. */
	assert_int_equal(pop_id(q, 0, &g), 2);
	assert_int_equal(pop_id(q, 1, &f), 1);
	assert_int_equal(flight_attempt(f), 2);
	assert_false(queue_retry(q, f, 1));
	queue_finish(q, f, "lost");
	queue_finish(q, g, "done");
	assert_string_equal(w[0].story, "started started finished ");
	assert_string_equal(w[0].outcome, "lost");
	queue_leave(q, a);
	queue_leave(q, b);
	queue_free(q);
}

static void test_retry_where_there_is_one_slot(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load load = { .id = 1 };
	struct waiter w = { 0 };
	struct flight *f;

	(void)state;
	struct ticket *t = join(q, "k", "a", &load, &w);
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_true(queue_retry(q, f, 0));
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_true(queue_retry(q, f, 0) == false);
	queue_finish(q, f, "done");
	queue_leave(q, t);

	/* Nobody waits any more: gone from among the retries. */
	t = join(q, "k", "a", &load, &w);
	assert_int_equal(pop_id(q, 0, &f), 1);
	assert_true(queue_retry(q, f, 0));
	queue_leave(q, t);
	assert_int_equal(load.released, 2);
	queue_close(q);
	assert_null(queue_pop(q, 0));
	queue_free(q);
}

static void test_close_lets_all_run(void **state)
{
	struct queue *q = make_queue(10, 10, 1);
	struct load loads[2] = { { .id = 1 }, { .id = 2 } };
	struct waiter w[2] = { 0 };
	struct ticket *t[2], *none = NULL;
	struct queue_place place;
	struct flight *f;

	(void)state;
	for (int i = 0; i < 2; i++)
		t[i] = join(q, NULL, "a", &loads[i], &w[i]);
	queue_close(q);
	assert_int_equal(try_join(q, NULL, "b", &loads[0], &w[0], &none, &place), -ESHUTDOWN);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pop_id(q, 0, &f), i + 1);
		queue_finish(q, f, "done");
	}
	assert_null(queue_pop(q, 0));
	for (int i = 0; i < 2; i++)
		queue_leave(q, t[i]);
	queue_free(q);
}

static void test_abandon(void **state)
{
	struct queue *q = make_queue(10, 10, 2);
	struct load loads[3] = { { .id = 1 }, { .id = 2 }, { .id = 3 } };
	struct waiter w[3] = { 0 };
	struct ticket *t[3];
	struct flight *f, *g;

	(void)state;
	for (int i = 0; i < 3; i++)
		t[i] = join(q, NULL, "a", &loads[i], &w[i]);
	pop_id(q, 0, &f);
	pop_id(q, 1, &g);
	queue_retry(q, g, 1);
	queue_abandon(q);
	assert_true(flight_cancelled(f));
	assert_int_equal(loads[1].released + loads[2].released, 2);
	queue_finish(q, f, "done");
	assert_null(queue_pop(q, 0));
	assert_string_equal(w[0].story, "started gone ");
	assert_string_equal(w[1].story, "started gone ");
	assert_string_equal(w[2].story, "gone ");
	for (int i = 0; i < 3; i++)
		queue_leave(q, t[i]);
	queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_run),
		cmocka_unit_test(test_same_key_runs_once),
		cmocka_unit_test(test_without_key_alone),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_leaving_while_it_waits),
		cmocka_unit_test(test_leaving_while_it_runs),
		cmocka_unit_test(test_cancel_by_id),
		cmocka_unit_test(test_retry_on_another_slot),
		cmocka_unit_test(test_retry_where_there_is_one_slot),
		cmocka_unit_test(test_close_lets_all_run),
		cmocka_unit_test(test_abandon),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
