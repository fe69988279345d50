/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/queue.h"

#include <cmocka.h>

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
		cmocka_unit_test(test_storm),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
