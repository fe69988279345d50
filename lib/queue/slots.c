/* SPDX-License-Identifier: MIT */
/* The side of the slots: flights are taken, told of, ended. */
#include "internal.h"

#include <stddef.h>

static struct flight *next_retry(struct queue *q, unsigned slot)
{
	struct flight *f;

	TAILQ_FOREACH(f, &q->retries, link)
	if (f->avoid != slot || q->setup.slots == 1) {
		TAILQ_REMOVE(&q->retries, f, link);
		q->n_retries--;
		return f;
	}
	return NULL;
}

static struct flight *flight_of(struct fair_item *i)
{
	return i ? (struct flight *)((char *)i - offsetof(struct flight, item)) : NULL;
}

struct flight *queue_pop(struct queue *q, unsigned slot)
{
	struct flight *f;
	struct ticket *t;

	locked(q);
	for (;;) {
		f = next_retry(q, slot);
		if (!f)
			f = flight_of(fair_pop(&q->fair));
		if (f)
			break;
		if (q->closed && queue_waiting(q) == 0 && q->n_runs == 0)
			return NULL;
		pthread_cond_wait(&q->wake, &q->lock);
	}
	f->state = FLIGHT_RUNS;
	f->attempt++;
	f->popped_us = q->setup.now_us();
	TAILQ_INSERT_TAIL(&q->runs, f, link);
	q->n_runs++;
	TAILQ_FOREACH(t, &f->tickets, link)
	if (t->ops->started)
		t->ops->started(t->waiter, f->popped_us - t->joined_us);
	return f;
}

void *flight_payload(const struct flight *f)
{
	return f->payload;
}

const char *flight_key(const struct flight *f)
{
	return f->key;
}

bool flight_cancelled(const struct flight *f)
{
	return atomic_load(&f->cancelled);
}

unsigned flight_attempt(const struct flight *f)
{
	return f->attempt;
}

uint64_t flight_queue_us(const struct flight *f)
{
	return f->popped_us - f->joined_us;
}

void queue_publish(struct queue *q, struct flight *f, const void *event)
{
	struct ticket *t;

	locked(q);
	TAILQ_FOREACH(t, &f->tickets, link)
	if (t->ops->event)
		t->ops->event(t->waiter, event);
}

void queue_finish(struct queue *q, struct flight *f, const void *outcome)
{
	locked(q);
	fair_settle(&q->fair, &f->item, q->setup.now_us() - f->popped_us, !flight_cancelled(f));
	flight_answer(q, f, outcome);
	flight_drop(q, f);
}

bool queue_retry(struct queue *q, struct flight *f, unsigned slot)
{
	locked(q);
	if (f->attempt >= FLIGHT_ATTEMPTS || flight_cancelled(f))
		return false;
	fair_settle(&q->fair, &f->item, 0, false); /* our failure costs them nothing */
	TAILQ_REMOVE(&q->runs, f, link);
	q->n_runs--;
	f->state = FLIGHT_RETRIES;
	f->avoid = slot;
	TAILQ_INSERT_TAIL(&q->retries, f, link);
	q->n_retries++;
	/* One signal could wake the slot that must not take it. */
	pthread_cond_broadcast(&q->wake);
	return true;
}

void queue_close(struct queue *q)
{
	locked(q);
	q->closed = true;
	pthread_cond_broadcast(&q->wake);
}

static void give_up(struct queue *q, struct flight *f)
{
	flight_answer(q, f, NULL);
	flight_cancel(q, f);
}

void queue_abandon(struct queue *q)
{
	locked(q);
	q->closed = true;
	for (struct fair_client *c; (c = TAILQ_FIRST(&q->fair.active));)
		give_up(q, flight_of(fair_client_first(c)));
	for (struct flight *f; (f = TAILQ_FIRST(&q->retries));)
		give_up(q, f);
	struct flight *f;
	TAILQ_FOREACH(f, &q->runs, link)
	give_up(q, f);
	pthread_cond_broadcast(&q->wake);
}
