/* SPDX-License-Identifier: MIT */
/* An exchange's life and answers. */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "parcel.h"
#include "render.h"
#include "upload.h"

/* --- life --- */

struct exchange *exchange_new(
	struct service *s, struct http_request *r, const struct visit_ops *ops)
{
	struct exchange *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->visit.ops = ops;
	x->service = s;
	x->request = r;
	x->references = 1;
	x->begin_us = serve_clock_us();
	http_set_user(r, x);
	return x;
}

struct exchange *exchange_ref(struct exchange *x)
{
	__atomic_add_fetch(&x->references, 1, __ATOMIC_RELAXED);
	return x;
}

/* The last one is let go in the HTTP thread. */
void exchange_unref(struct exchange *x)
{
	if (__atomic_sub_fetch(&x->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	buf_done(&x->body);
	upload_free(x->upload);
	order_done(&x->order);
	held_image_unref(x->image);
	entry_unref(x->entry);
	http_reply_unref(x->reply);
	free(x->farewell);
	free(x);
}

static void uncharge(struct exchange *x)
{
	x->service->uploading -= x->charged;
	x->charged = 0;
}

static void leave(struct exchange *x)
{
	if (x->ticket)
		queue_leave(x->service->queue, x->ticket);
	x->ticket = NULL;
}

void exchange_gone(struct visit *v)
{
	leave((struct exchange *)v);
}

void exchange_done(struct visit *v)
{
	struct exchange *x = (struct exchange *)v;

	leave(x);
	uncharge(x);
	x->request = NULL;
	x->stream = NULL;
	exchange_unref(x);
}

/* --- answers --- */

void exchange_fail(struct exchange *x, unsigned status, const char *field, const char *fmt, ...)
{
	cleanup_buf struct buf b = { 0 };
	char detail[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	x->outcome = "refused";
	if (!x->request)
		return;
	if (!x->stream) {
		answer(x->request, answer_problem(status, field, detail));
		return;
	}
	if (problem_json(status, field, detail, &b) == 0)
		events_send(x, "failed", buf_span(&b));
	http_stream_end(x->stream);
}

/* A refusal that says when to come back. */
void exchange_fail_for_now(
	struct exchange *x, unsigned status, uint64_t wait_us, const char *detail)
{
	struct http_reply *p = answer_problem(status, NULL, detail);
	char seconds[24];

	x->outcome = "refused";
	snprintf(seconds, sizeof seconds, "%llu", (unsigned long long)(wait_us / 1000000 + 1));
	if (p)
		http_reply_header(p, "Retry-After", seconds);
	answer(x->request, p);
}

static void render_answer(struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));
	const struct parcel_use use = { x->key, x->cached, x->queue_us };

	x->reply = render_run(x->entry, &use, x->form == FORM_MULTIPART, x->gzip);
	if (x->reply && x->ticket)
		http_reply_header(x->reply, "Run-Id", ticket_id(x->ticket));
}

static void answer_rendered(void *ctx, struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));

	(void)ctx;
	if (x->request)
		answer(x->request, x->reply);
	else
		http_reply_unref(x->reply);
	x->reply = NULL;
	exchange_unref(x);
}

static void answer_events(struct exchange *x)
{
	const struct parcel_use use = { x->key, x->cached, x->queue_us };
	cleanup_buf struct buf b = { 0 };

	if (parcel_to_json(x->entry->body, &use, &b) < 0) {
		exchange_fail(x, 500, NULL, "no memory for the result");
		return;
	}
	events_send(x, "finished", buf_span(&b));
	if (x->stream)
		http_stream_end(x->stream);
}

void exchange_answer(struct exchange *x, struct entry *entry)
{
	x->entry = entry_ref(entry);
	if (!x->cached)
		hot_forget(x->service, x->key);
	x->outcome = result_outcome_word(entry->outcome);
	uncharge(x);
	if (x->form == FORM_EVENTS) {
		answer_events(x);
		return;
	}
	x->chore = (struct chore){ .work = render_answer, .done = answer_rendered };
	exchange_ref(x);
	if (entry->body.n > CHORE_FROM) {
		clerk_give(x->service->clerk, &x->chore);
		return;
	}
	render_answer(&x->chore);
	answer_rendered(x->service, &x->chore);
}
