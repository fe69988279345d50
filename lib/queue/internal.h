/* SPDX-License-Identifier: MIT */
/* What the two sides of the queue share: those who ask (queue.c) and those who run (slots.c). Part
 * of lib/queue only. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "fair.h"
#include "queue.h"

enum flight_state {
	FLIGHT_WAITS,
	FLIGHT_RETRIES,
	FLIGHT_RUNS,
};

struct flight {
	struct map_node node; /* first; its key is NULL when the flight cannot be joined */
	struct fair_item item;
	TAILQ_ENTRY(flight) link; /* among those that retry or run */
	TAILQ_HEAD(, ticket) tickets;
	enum flight_state state;
	void *payload;
	char *key;
	atomic_bool cancelled;
	unsigned attempt, avoid;
	uint64_t joined_us, popped_us;
};

struct ticket {
	struct map_node node; /* first */
	TAILQ_ENTRY(ticket) link;
	struct flight *flight; /* NULL once it has its answer */
	struct fair_client *client;
	const struct waiter_ops *ops;
	void *waiter;
	uint64_t joined_us;
	char id[TICKET_ID_SIZE];
};

TAILQ_HEAD(flight_list, flight);

struct queue {
	struct queue_setup setup;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct fair fair;
	struct map flights, tickets;
	struct flight_list retries, runs;
	size_t n_retries, n_runs, n_tickets;
	bool closed;
};

static inline struct queue *queue_lock(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	return q;
}

static inline void queue_unlock(struct queue **q)
{
	pthread_mutex_unlock(&(*q)->lock);
}

/* Until the end of the scope. */
#define locked(q)                                                                                  \
	cleanup(queue_unlock) struct queue *locked_ __attribute__((unused)) = queue_lock(q)

static inline size_t queue_waiting(const struct queue *q)
{
	return q->fair.waiting + q->n_retries;
}

/* All of them below the lock. */

/* Answers all who wait for @f. */
void flight_answer(struct queue *q, struct flight *f, const void *outcome);

/* Nobody wants @f any more: it is gone, or told so when it runs. */
void flight_cancel(struct queue *q, struct flight *f);

/* Takes @f out of wherever it is, and out of the world. */
void flight_drop(struct queue *q, struct flight *f);
