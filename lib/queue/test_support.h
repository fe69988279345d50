/* SPDX-License-Identifier: MIT */
/* What the tests of the queue share: a clock of their own, payloads and waiters that write down
 * what became of them. */
#pragma once

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/queue.h"

#include <cmocka.h>

enum { MS = 1000 };

/* The queue's clock: moved by the tests. */
static uint64_t now __attribute__((unused));

static inline uint64_t clock_now(void)
{
	return now;
}

/* A payload that says what became of it. */
struct load {
	int id;
	int cancelled, released;
};

static inline void cancel_load(void *p)
{
	((struct load *)p)->cancelled++;
}

static inline void release_load(void *p)
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

static inline void note(struct waiter *w, const char *what)
{
	size_t n = strlen(w->story);

	snprintf(w->story + n, sizeof w->story - n, "%s", what);
}

static inline void on_joined(void *waiter, void *payload)
{
	struct waiter *w = waiter;

	w->joined = payload;
	note(w, "joined ");
}

static inline void on_started(void *waiter, uint64_t queue_us)
{
	struct waiter *w = waiter;

	w->queue_us = queue_us;
	note(w, "started ");
}

static inline void on_event(void *waiter, const void *event)
{
	note(waiter, event);
}

static inline void on_finished(void *waiter, const void *outcome)
{
	struct waiter *w = waiter;

	w->outcome = outcome;
	note(w, outcome ? "finished " : "gone ");
}

static const struct waiter_ops ops __attribute__((unused)) = {
	.joined = on_joined,
	.started = on_started,
	.event = on_event,
	.finished = on_finished,
};

static inline struct queue *make_queue(size_t waiting, size_t per_client, unsigned slots)
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

static inline int try_join(struct queue *q, const char *key, const char *client, struct load *load,
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

static inline struct ticket *join(
	struct queue *q, const char *key, const char *client, struct load *load, struct waiter *w)
{
	struct ticket *t = NULL;
	struct queue_place place;

	assert_int_equal(try_join(q, key, client, load, w, &t, &place), 0);
	assert_non_null(t);
	return t;
}

static inline int pop_id(struct queue *q, unsigned slot, struct flight **ret)
{
	*ret = queue_pop(q, slot);
	return ((struct load *)flight_payload(*ret))->id;
}
