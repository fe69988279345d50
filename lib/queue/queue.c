/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. One lock guards all. A flight is in exactly one of three places: among the
 * waiting ones of its first client (fair.h), in the list of those that are to be retried, or in the
 * list of those that run; by key it is found as long as somebody may still join it. A ticket hangs
 * on its flight until it has its answer; then it only exists until its waiter leaves. Slots sleep
 * on one condition.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void queue_freep(struct queue **q)
{
	queue_free(*q);
}

struct queue *queue_new(const struct queue_setup *setup)
{
	cleanup(queue_freep) struct queue *q = calloc(1, sizeof *q);
	uint64_t secret;

	if (!q)
		return NULL;
	q->setup = *setup;
	if (!q->setup.now_us)
		q->setup.now_us = monotonic_us;
	if (q->setup.slots == 0)
		q->setup.slots = 1;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->wake, NULL);
	TAILQ_INIT(&q->retries);
	TAILQ_INIT(&q->runs);
	if (getrandom(&secret, sizeof secret, 0) < 0 || fair_init(&q->fair, secret) < 0 ||
		map_init(&q->flights, secret) < 0 || map_init(&q->tickets, secret) < 0)
		return NULL;
	return take_ptr(q);
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	fair_done(&q->fair);
	map_done(&q->flights);
	map_done(&q->tickets);
	pthread_cond_destroy(&q->wake);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* How long until @n more flights have started, from now. */
static uint64_t time_for(const struct queue *q, size_t n)
{
	size_t room = q->setup.slots > q->n_runs ? q->setup.slots - q->n_runs : 0;

	return n < room ? 0 : (n - room + 1) * q->fair.mean_us / q->setup.slots;
}

static void place_of(const struct queue *q, const struct flight *f, struct queue_place *ret)
{
	ret->running = f->state == FLIGHT_RUNS;
	ret->position =
		f->state == FLIGHT_WAITS ? q->n_retries + fair_position(&q->fair, &f->item) : 0;
	ret->wait_us = f->state == FLIGHT_WAITS ? time_for(q, ret->position) : 0;
}

/* Nobody joins @f from now on. */
static void hide_flight(struct queue *q, struct flight *f)
{
	if (f->node.key)
		map_remove(&q->flights, &f->node);
	f->node.key = NULL;
}

void flight_drop(struct queue *q, struct flight *f)
{
	hide_flight(q, f);
	switch (f->state) {
	case FLIGHT_WAITS:
		fair_remove(&q->fair, &f->item);
		break;
	case FLIGHT_RETRIES:
		TAILQ_REMOVE(&q->retries, f, link);
		q->n_retries--;
		break;
	case FLIGHT_RUNS:
		TAILQ_REMOVE(&q->runs, f, link);
		q->n_runs--;
		break;
	}
	fair_client_unref(&q->fair, f->item.client);
	if (q->setup.release)
		q->setup.release(f->payload);
	free(f->key);
	free(f);
	/* Slots that wait for the end of a closed queue look again. */
	if (q->closed)
		pthread_cond_broadcast(&q->wake);
}

static struct flight *make_flight(
	struct queue *q, const struct queue_request *request, struct fair_client *client)
{
	struct flight *f = calloc(1, sizeof *f);
	char *key = request->key ? strdup(request->key) : NULL;

	if (!f || (request->key && !key)) {
		free(f);
		free(key);
		return NULL;
	}
	f->key = key;
	f->payload = request->payload;
	f->item.client = fair_client_ref(client);
	f->joined_us = q->setup.now_us();
	TAILQ_INIT(&f->tickets);
	f->node.key = f->key;
	if (f->key)
		map_add(&q->flights, &f->node);
	fair_push(&q->fair, &f->item);
	pthread_cond_signal(&q->wake);
	return f;
}

static struct ticket *make_ticket(struct queue *q, const struct queue_request *request)
{
	cleanup_free struct ticket *t = calloc(1, sizeof *t);
	unsigned char random[(TICKET_ID_SIZE - 1) / 2];

	if (!t || getrandom(random, sizeof random, 0) != sizeof random)
		return NULL;
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(t->id + 2 * i, 3, "%02x", random[i]);
	t->node.key = t->id;
	t->ops = request->ops;
	t->waiter = request->waiter;
	t->joined_us = q->setup.now_us();
	return take_ptr(t);
}

static void attach(struct queue *q, struct ticket *t, struct flight *f, struct fair_client *client)
{
	t->flight = f;
	t->client = client;
	fair_client_add_tickets(client, 1);
	TAILQ_INSERT_TAIL(&f->tickets, t, link);
	map_add(&q->tickets, &t->node);
	q->n_tickets++;
}

/* The ticket has its answer or wants none. */
static void detach(struct queue *q, struct ticket *t)
{
	map_remove(&q->tickets, &t->node);
	TAILQ_REMOVE(&t->flight->tickets, t, link);
	fair_client_add_tickets(t->client, -1);
	fair_client_unref(&q->fair, t->client);
	t->flight = NULL;
	q->n_tickets--;
}

static void answer(struct queue *q, struct ticket *t, const void *outcome)
{
	detach(q, t);
	if (t->ops->finished)
		t->ops->finished(t->waiter, outcome);
}

void flight_answer(struct queue *q, struct flight *f, const void *outcome)
{
	for (struct ticket *t; (t = TAILQ_FIRST(&f->tickets));)
		answer(q, t, outcome);
}

void flight_cancel(struct queue *q, struct flight *f)
{
	if (f->state != FLIGHT_RUNS) {
		flight_drop(q, f);
		return;
	}
	hide_flight(q, f);
	if (!atomic_exchange(&f->cancelled, true) && q->setup.cancel)
		q->setup.cancel(f->payload);
}

/* Gives the request a flight: one that is there, or a new one. */
static int board(struct queue *q, const struct queue_request *request, struct fair_client *client,
	struct flight **ret, struct queue_place *place)
{
	struct flight *f =
		request->key ? (struct flight *)map_find(&q->flights, request->key) : NULL;

	if (fair_client_tickets(client) >= q->setup.max_per_client) {
		place->wait_us = q->fair.mean_us;
		return -EDQUOT;
	}
	place->joined = f != NULL;
	if (!f && queue_waiting(q) >= q->setup.max_waiting) {
		place->wait_us = time_for(q, queue_waiting(q));
		return -EAGAIN;
	}
	if (!f)
		f = make_flight(q, request, client);
	if (!f)
		return -ENOMEM;
	place_of(q, f, place);
	*ret = f;
	return 0;
}

int queue_join(struct queue *q, const struct queue_request *request, struct ticket **ret,
	struct queue_place *ret_place)
{
	cleanup_free struct ticket *t = make_ticket(q, request);
	struct flight *f = NULL;

	*ret_place = (struct queue_place){ 0 };
	if (!t)
		return -ENOMEM;

	locked(q);
	if (q->closed) {
		ret_place->wait_us = time_for(q, queue_waiting(q));
		return -ESHUTDOWN;
	}
	struct fair_client *client = fair_client_get(&q->fair, request->client);
	if (!client)
		return -ENOMEM;
	int r = board(q, request, client, &f, ret_place);
	if (r < 0) {
		fair_client_unref(&q->fair, client);
		return r;
	}
	attach(q, t, f, client);
	if (ret_place->joined && t->ops->joined)
		t->ops->joined(t->waiter, f->payload);
	*ret = take_ptr(t);
	return 0;
}

void queue_leave(struct queue *q, struct ticket *t)
{
	cleanup_free struct ticket *mine = t;

	locked(q);
	struct flight *f = mine->flight;
	if (!f)
		return;
	detach(q, mine);
	if (TAILQ_EMPTY(&f->tickets))
		flight_cancel(q, f);
}

const char *ticket_id(const struct ticket *t)
{
	return t->id;
}

int queue_cancel(struct queue *q, const char *id)
{
	locked(q);
	struct ticket *t = (struct ticket *)map_find(&q->tickets, id);
	if (!t)
		return -ENOENT;
	struct flight *f = t->flight;
	answer(q, t, NULL);
	if (TAILQ_EMPTY(&f->tickets))
		flight_cancel(q, f);
	return 0;
}

bool queue_position(struct queue *q, const struct ticket *t, struct queue_place *ret)
{
	*ret = (struct queue_place){ 0 };

	locked(q);
	if (!t->flight)
		return false;
	place_of(q, t->flight, ret);
	return t->flight->state != FLIGHT_RUNS;
}

void queue_stats(struct queue *q, struct queue_stats *ret)
{
	locked(q);
	*ret = (struct queue_stats){
		.waiting = queue_waiting(q),
		.running = q->n_runs,
		.tickets = q->n_tickets,
		.clients = q->fair.clients.n - q->fair.idle,
		.mean_run_us = q->fair.mean_us,
		.closed = q->closed,
	};
}
