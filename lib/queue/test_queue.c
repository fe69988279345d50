/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "queue/queue.h"

#include <cmocka.h>

enum { MS = 1000 };

/* The queue's clock: moved by the tests. */
static uint64_t now;

static uint64_t clock_now(void)
{
	return now;
}

/* A payload that says what became of it. */
struct load {
	int id;
	int cancelled, released;
};

static void cancel_load(void *p)
{
	((struct load *)p)->cancelled++;
}

static void release_load(void *p)
{
	((struct load *)p)->released++;
}

/* A waiter writes down what it is told. */
struct waiter {
	char story[128];
	const void *outcome;
	uint64_t queue_us;
	const struct load *joined;
};

static void note(struct waiter *w, const char *what)
{
	strncat(w->story, what, sizeof w->story - strlen(w->story) - 1);
}

static void on_joined(void *waiter, void *payload)
{
	struct waiter *w = waiter;

	w->joined = payload;
	note(w, "joined ");
}

static void on_started(void *waiter, uint64_t queue_us)
{
	struct waiter *w = waiter;

	w->queue_us = queue_us;
	note(w, "started ");
}

static void on_event(void *waiter, const void *event)
{
	note(waiter, event);
}

static void on_finished(void *waiter, const void *outcome)
{
	struct waiter *w = waiter;

	w->outcome = outcome;
	note(w, outcome ? "finished " : "gone ");
}

static const struct waiter_ops ops = {
	.joined = on_joined,
	.started = on_started,
	.event = on_event,
	.finished = on_finished,
};

static struct queue *make_queue(size_t waiting, size_t per_client, unsigned slots)
{
	const struct queue_setup setup = {
		.max_waiting = waiting,
		.max_per_client = per_client,
		.slots = slots,
		.now_us = clock_now,
		.cancel = cancel_load,
		.release = release_load,
	};
	struct queue *q = queue_new(&setup);

	assert_non_null(q);
	return q;
}

static int try_join(struct queue *q, const char *key, const char *client, struct load *load,
	struct waiter *w, struct ticket **ret, struct queue_place *place)
{
	const struct queue_request request = {
		.key = key,
		.client = client,
		.payload = load,
		.ops = &ops,
		.waiter = w,
	};

	return queue_join(q, &request, ret, place);
}

static struct ticket *join(
	struct queue *q, const char *key, const char *client, struct load *load, struct waiter *w)
{
	struct ticket *t = NULL;
	struct queue_place place;

	assert_int_equal(try_join(q, key, client, load, w, &t, &place), 0);
	assert_non_null(t);
	return t;
}

static int pop_id(struct queue *q, unsigned slot, struct flight **ret)
{
	*ret = queue_pop(q, slot);
	return ((struct load *)flight_payload(*ret))->id;
}

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

/* All at once, for TSan and for the books: every ticket is told of its end at most once, every
 * payload is released. */
enum {
	STORM_SLOTS = 3,
	STORM_CLIENTS = 6,
	STORM_EACH = 400,
};

struct storm {
	struct queue *q;
	atomic_int released, ended, taken;
};

static struct storm storm;

static void storm_release(void *payload)
{
	atomic_fetch_add(&storm.released, 1);
	free(payload);
}

static void storm_finished(void *waiter, const void *outcome)
{
	(void)outcome;
	atomic_fetch_add((atomic_int *)waiter, 1);
	atomic_fetch_add(&storm.ended, 1);
}

static void *storm_slot(void *arg)
{
	unsigned slot = (unsigned)(uintptr_t)arg, n = slot;

	for (struct flight *f; (f = queue_pop(storm.q, slot));) {
		n++;
		queue_publish(storm.q, f, "x");
		if (n % 16 == 0 && queue_retry(storm.q, f, slot))
			continue;
		queue_finish(storm.q, f, "done");
	}
	return NULL;
}

static void storm_one(unsigned i, const char *client)
{
	static const struct waiter_ops storm_ops = { .finished = storm_finished };
	struct queue_place place;
	struct ticket *t;
	atomic_int told = 0;
	char key[16], *payload = malloc(1);

	snprintf(key, sizeof key, "%u", i % 7);
	const struct queue_request request = {
		.key = i % 5 ? key : NULL,
		.client = client,
		.payload = payload,
		.ops = &storm_ops,
		.waiter = &told,
	};
	int r = queue_join(storm.q, &request, &t, &place);
	if (r < 0 || place.joined)
		free(payload);
	else
		atomic_fetch_add(&storm.taken, 1);
	if (r < 0)
		return;
	if (i % 11 == 0)
		queue_cancel(storm.q, ticket_id(t));
	for (int spin = 0; i % 3 && !atomic_load(&told) && spin < 100000; spin++)
		sched_yield();
	queue_leave(storm.q, t);
	assert_true(atomic_load(&told) <= 1);
}

static void *storm_client(void *arg)
{
	char name[8];
	unsigned seed = (unsigned)(uintptr_t)arg;

	snprintf(name, sizeof name, "c%u", seed);
	for (unsigned i = 0; i < STORM_EACH; i++)
		storm_one(i * 13 + seed, name);
	return NULL;
}

static void test_storm(void **state)
{
	const struct queue_setup setup = {
		.max_waiting = 20,
		.max_per_client = 4,
		.slots = STORM_SLOTS,
		.release = storm_release,
	};
	pthread_t slots[STORM_SLOTS], clients[STORM_CLIENTS];
	struct queue_stats stats;

	(void)state;
	storm.q = queue_new(&setup);
	assert_non_null(storm.q);
	for (uintptr_t i = 0; i < STORM_SLOTS; i++)
		assert_int_equal(pthread_create(&slots[i], NULL, storm_slot, (void *)i), 0);
	for (uintptr_t i = 0; i < STORM_CLIENTS; i++)
		assert_int_equal(pthread_create(&clients[i], NULL, storm_client, (void *)i), 0);
	for (int i = 0; i < STORM_CLIENTS; i++)
		pthread_join(clients[i], NULL);
	queue_close(storm.q);
	for (int i = 0; i < STORM_SLOTS; i++)
		pthread_join(slots[i], NULL);
	queue_stats(storm.q, &stats);
	assert_int_equal(stats.waiting + stats.running + stats.tickets, 0);
	assert_int_equal(storm.released, storm.taken);
	assert_true(storm.ended > 0);
	queue_free(storm.q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_run),
		cmocka_unit_test(test_same_key_runs_once),
		cmocka_unit_test(test_without_key_alone),
		cmocka_unit_test(test_thousand_do_not_starve_one),
		cmocka_unit_test(test_long_runs_pay_for_themselves),
		cmocka_unit_test(test_absence_saves_nothing),
		cmocka_unit_test(test_positions_come_true),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_leaving_while_it_waits),
		cmocka_unit_test(test_leaving_while_it_runs),
		cmocka_unit_test(test_cancel_by_id),
		cmocka_unit_test(test_retry_on_another_slot),
		cmocka_unit_test(test_retry_where_there_is_one_slot),
		cmocka_unit_test(test_close_lets_all_run),
		cmocka_unit_test(test_abandon),
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
