/* SPDX-License-Identifier: MIT */
/*
 * The queue of one machine: who runs next, who waits for what, and who is told.
 *
 * A request for a run is a *ticket*; the run itself is a *flight*. Tickets with the same key share
 * one flight: it runs once and answers all. A slot takes a flight when it is free (queue_pop()
 * blocks), nothing is pushed to a busy one. Between clients the time of the slots is shared fairly
 * (fair.h), within one client it is first come, first served.
 *
 * Threads: every function may be called from any thread. Callbacks (struct waiter_ops, cancel,
 * release) are called with the queue's lock held, from whichever thread caused them: they must be
 * quick, must not block, and must not call the queue. An event loop's callback appends to a list of
 * its own and wakes the loop.
 *
 * The life of a ticket: queue_join() -> [started] -> event* -> finished -> queue_leave().
 * queue_leave() is called exactly once for each ticket, at any time: before the end it is how a
 * client goes away. No callback of a ticket runs during or after its queue_leave().
 *
 * The life of a flight: made by the first ticket -> waits -> popped by a slot -> queue_finish(), or
 * once queue_retry(). When its last ticket leaves while it waits, it is gone; while it runs, it is
 * cancelled: flight_cancelled() becomes true, setup.cancel() is called, and the slot still ends it
 * with queue_finish(). A flight that is cancelled is joined by nobody.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue;
struct flight;
struct ticket;

enum {
	TICKET_ID_SIZE = 33, /* 32 hexadecimal digits nobody can guess, and NUL */
	FLIGHT_ATTEMPTS = 2,
};

struct queue_setup {
	size_t max_waiting;             /* flights that wait */
	size_t max_per_client;          /* tickets of one client that have no answer yet */
	unsigned slots;                 /* how many take flights; at least 1 */
	uint64_t (*now_us)(void);       /* NULL: CLOCK_MONOTONIC */
	void (*cancel)(void *payload);  /* may be NULL */
	void (*release)(void *payload); /* frees it; may be NULL */
};

/* What a waiter is told; any may be NULL. */
struct waiter_ops {
	/* This ticket joined a flight that was there: @payload is that flight's. Events published
	 * before this call were missed, those after it come. Called inside queue_join(). */
	void (*joined)(void *waiter, void *payload);
	/* A slot took the flight, @queue_us after this ticket joined. Again after a retry. */
	void (*started)(void *waiter, uint64_t queue_us);
	void (*event)(void *waiter, const void *event);
	/* The end. @outcome is what queue_finish() was given, NULL when the queue was abandoned or
	 * the ticket cancelled. Borrowed for the call. */
	void (*finished)(void *waiter, const void *outcome);
};

struct queue_request {
	const char *key;    /* NULL: shares no flight with anybody */
	const char *client; /* who asks: an address, a name; copied */
	void *payload;      /* what the slot needs; taken when the flight is new */
	const struct waiter_ops *ops;
	void *waiter;
};

struct queue_place {
	bool joined;      /* a flight that was there; the payload stays the caller's */
	bool running;     /* that flight runs already */
	size_t position;  /* flights that are expected to start before this one */
	uint64_t wait_us; /* estimate until it starts; when refused: until it makes sense to ask
			     again */
};

struct queue_stats {
	size_t waiting, running; /* flights */
	size_t tickets, clients;
	uint64_t mean_run_us; /* recent runs, 0 before the first */
	bool closed;
};

/* Copies @setup. NULL without memory. */
struct queue *queue_new(const struct queue_setup *setup);

/* All tickets have left and no flight runs; waiting flights cannot exist without tickets. */
void queue_free(struct queue *q);

/*
 * Asks for a run. 0 with a ticket; *@ret_place says where it stands. Refused with -EAGAIN (queue
 * full), -EDQUOT (this client has max_per_client already), -ESHUTDOWN (closed), -ENOMEM: then
 * @ret_place->wait_us is filled and the payload stays the caller's.
 */
int queue_join(struct queue *q, const struct queue_request *request, struct ticket **ret,
	struct queue_place *ret_place);

/* Ends the ticket, see above. */
void queue_leave(struct queue *q, struct ticket *t);

/* Names a ticket to the outside. Borrowed, as long as the ticket. */
const char *ticket_id(const struct ticket *t);

/* Cancels the ticket called @id on behalf of somebody else: its waiter gets finished(NULL). -ENOENT
 * when there is none or it has had its answer. */
int queue_cancel(struct queue *q, const char *id);

/* Where a ticket stands now; false when it waits no longer. */
bool queue_position(struct queue *q, const struct ticket *t, struct queue_place *ret);

/*
 * The next flight for slot @slot (0 and up); blocks until there is one. NULL when the queue is
 * closed and nothing waits or runs any more: the slot's thread may end. A flight that @slot gave
 * back is not given to it again while there are other slots.
 */
struct flight *queue_pop(struct queue *q, unsigned slot);

void *flight_payload(const struct flight *f);
const char *flight_key(const struct flight *f);   /* NULL when it has none */
bool flight_cancelled(const struct flight *f);    /* without a lock; from any thread */
unsigned flight_attempt(const struct flight *f);  /* 1 for the first */
uint64_t flight_queue_us(const struct flight *f); /* how long its first ticket waited */

/* Gives @event to all who wait for @f, who runs. */
void queue_publish(struct queue *q, struct flight *f, const void *event);

/* Answers all who wait for @f and releases it. */
void queue_finish(struct queue *q, struct flight *f, const void *outcome);

/* Puts @f, which failed for no fault of its own on @slot, in front of all others, for another slot.
 * False when it has had its FLIGHT_ATTEMPTS or nobody waits for it: then the caller still has it
 * and finishes it. */
bool queue_retry(struct queue *q, struct flight *f, unsigned slot);

/* Refuses new tickets from now on. What waits still runs. */
void queue_close(struct queue *q);

/* Closes, answers all that waits with a NULL outcome, and cancels what runs. */
void queue_abandon(struct queue *q);

void queue_stats(struct queue *q, struct queue_stats *ret);
