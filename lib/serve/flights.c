/* SPDX-License-Identifier: MIT */
/* A run in the queue: how it gets there, and what is heard of it. Slots speak into the HTTP
 * thread's mailbox. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "metrics/metrics.h"
#include "queue/rate.h"

/* --- what slots say: into the HTTP thread --- */

enum message_kind { MESSAGE_STARTED, MESSAGE_OUTPUT, MESSAGE_FINISHED };

struct message {
	struct http_mail mail; /* first */
	enum message_kind kind;
	struct exchange *exchange;
	uint64_t queue_us;
	struct entry *entry;
	int stream;
	size_t n;
	char bytes[];
};

static void finish(struct exchange *x, struct entry *e)
{
	if (e)
		exchange_answer(x, e);
	else if (x->service->abandoned)
		exchange_fail(x, 503, NULL, "the service is being stopped");
	else
		exchange_fail(x, 409, NULL, "the run was cancelled");
}

static void read_message(void *ctx, struct http_mail *mail)
{
	struct message *m = (struct message *)mail;
	struct exchange *x = m->exchange;
	char json[64];

	(void)ctx;
	if (x->request)
		switch (m->kind) {
		case MESSAGE_STARTED:
			x->queue_us = m->queue_us;
			snprintf(json, sizeof json, "{\"queue_ms\":%.3f}",
				(double)m->queue_us / 1000);
			if (x->stream)
				events_send(x, "started", span_of(json));
			break;
		case MESSAGE_OUTPUT:
			events_output(x, m->stream, (struct span){ m->bytes, m->n });
			break;
		case MESSAGE_FINISHED:
			finish(x, m->entry);
		}
	entry_unref(m->entry);
	exchange_unref(x);
	free(m);
}

static void send_message(struct exchange *x, struct message *m)
{
	m->mail.call = read_message;
	m->exchange = exchange_ref(x);
	http_post(x->service->http, &m->mail);
}

static void on_joined(void *waiter, void *payload)
{
	const struct exchange *x = waiter;

	if (x->form == FORM_EVENTS)
		__atomic_store_n(&((struct cargo *)payload)->live, true, __ATOMIC_RELAXED);
}

static void on_started(void *waiter, uint64_t queue_us)
{
	struct message *m = calloc(1, sizeof *m);

	if (!m)
		return;
	*m = (struct message){ .kind = MESSAGE_STARTED, .queue_us = queue_us };
	send_message(waiter, m);
}

static void on_event(void *waiter, const void *event)
{
	const struct live_output *o = event;
	const struct exchange *x = waiter;
	struct message *m = x->form == FORM_EVENTS ? malloc(sizeof *m + o->bytes.n) : NULL;

	if (!m)
		return;
	*m = (struct message){ .kind = MESSAGE_OUTPUT, .stream = o->stream, .n = o->bytes.n };
	memcpy(m->bytes, o->bytes.p, o->bytes.n);
	send_message(waiter, m);
}

/* Nobody may be left without an answer: the message was made before it was needed. */
static void on_finished(void *waiter, const void *outcome)
{
	struct exchange *x = waiter;
	struct message *m = take_ptr(x->farewell);
	struct entry *e = (struct entry *)(uintptr_t)outcome;

	*m = (struct message){ .kind = MESSAGE_FINISHED, .entry = e ? entry_ref(e) : NULL };
	send_message(x, m);
}

static const struct waiter_ops waiter_ops = {
	.joined = on_joined,
	.started = on_started,
	.event = on_event,
	.finished = on_finished,
};

/* --- into the queue --- */

static struct cargo *cargo_new(struct exchange *x)
{
	struct cargo *c = calloc(1, sizeof *c);
	int fd = c ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;

	x->farewell = malloc(sizeof *x->farewell);
	if (fd < 0 || !x->farewell) {
		cleanup_closep(&fd);
		free(c);
		return NULL;
	}
	*c = (struct cargo){
		.service = x->service,
		.job = take_ptr(x->order.job),
		.image_name = take_ptr(x->order.image),
		.image = held_image_ref(x->image),
		.kept = x->order.cache != CACHE_OFF,
		.live = x->form == FORM_EVENTS,
		.cancel_fd = fd,
	};
	memcpy(c->key, x->key, sizeof c->key);
	return c;
}

static void refuse_for_now(struct exchange *x, int r, uint64_t wait_us)
{
	struct metrics *m = x->service->metrics;

	switch (r) {
	case -EAGAIN:
		metrics_add(m, METRIC_REFUSED, METRIC_REFUSED_FULL, 1);
		exchange_fail_for_now(x, 503, wait_us, "the queue is full");
		break;
	case -EDQUOT:
		metrics_add(m, METRIC_REFUSED, METRIC_REFUSED_CLIENT, 1);
		exchange_fail_for_now(x, 429, wait_us, "too many runs of yours wait for an answer");
		break;
	case -ESHUTDOWN:
		metrics_add(m, METRIC_REFUSED, METRIC_REFUSED_CLOSED, 1);
		exchange_fail_for_now(x, 503, wait_us, "the service is being stopped");
		break;
	default:
		exchange_fail_for_now(x, 503, wait_us, "no memory for one more run");
	}
}

void exchange_enqueue(struct exchange *x)
{
	struct service *s = x->service;
	char shared[KEY_SIZE + 8];
	struct queue_place place = { 0 };
	uint64_t wait_us = 0;

	if (!rate_take(s->rate, x->client, serve_clock_us(), &wait_us)) {
		metrics_add(s->metrics, METRIC_REFUSED, METRIC_REFUSED_RATE, 1);
		exchange_fail_for_now(
			x, 429, wait_us, "too many runs from this address; try again later");
		return;
	}
	struct cargo *cargo = cargo_new(x);
	if (!cargo) {
		exchange_fail_for_now(x, 503, 1000000, "no descriptor or memory for one more run");
		return;
	}
	snprintf(shared, sizeof shared, "%s%s", x->order.cache == CACHE_REFRESH ? "refresh:" : "",
		x->key);
	const struct queue_request request = {
		.key = x->order.cache == CACHE_OFF ? NULL : shared,
		.client = x->client,
		.payload = cargo,
		.ops = &waiter_ops,
		.waiter = x,
	};
	int r = queue_join(s->queue, &request, &x->ticket, &place);
	if (r < 0 || place.joined)
		cargo_release(cargo);
	if (r == 0 && place.joined)
		metrics_add(s->metrics, METRIC_COALESCED, 0, 1);
	if (r < 0)
		refuse_for_now(x, r, place.wait_us);
	else if (x->form == FORM_EVENTS)
		events_start(x, place.position);
}
