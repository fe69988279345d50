/* SPDX-License-Identifier: MIT */
/*
 * POST /api/v1/runs: an order is read, looked up in the cache, else queued; the outcome is answered
 * in the form that was asked for. What holds up the HTTP thread is the clerk's.
 */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>

#include "cache/cache.h"
#include "http/negotiate.h"
#include "image/image.h"
#include "job/result.h"
#include "parcel.h"
#include "queue/rate.h"
#include "render.h"
#include "upload.h"

enum { LARGE = 256 << 10 };

/* --- life --- */

static const struct visit_ops visit_ops;

static struct exchange *exchange_new(struct service *s, struct http_request *r)
{
	struct exchange *x = calloc(1, sizeof *x);

	if (!x)
		return NULL;
	x->visit.ops = &visit_ops;
	x->service = s;
	x->request = r;
	x->references = 1;
	x->begin_us = serve_clock_us();
	http_set_user(r, x);
	return x;
}

static struct exchange *exchange_ref(struct exchange *x)
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

static void runs_gone(struct visit *v)
{
	leave((struct exchange *)v);
}

static void runs_done(struct visit *v)
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
static void fail_for_now(struct exchange *x, unsigned status, uint64_t wait_us, const char *detail)
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
	if (entry->body.n > LARGE) {
		clerk_give(x->service->clerk, &x->chore);
		return;
	}
	render_answer(&x->chore);
	answer_rendered(x->service, &x->chore);
}

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
	switch (r) {
	case -EAGAIN:
		fail_for_now(x, 503, wait_us, "the queue is full");
		break;
	case -EDQUOT:
		fail_for_now(x, 429, wait_us, "too many runs of yours wait for an answer");
		break;
	case -ESHUTDOWN:
		fail_for_now(x, 503, wait_us, "the service is being stopped");
		break;
	default:
		fail_for_now(x, 503, wait_us, "no memory for one more run");
	}
}

static void enqueue(struct exchange *x)
{
	struct service *s = x->service;
	char shared[KEY_SIZE + 8];
	struct queue_place place = { 0 };
	uint64_t wait_us = 0;

	if (!rate_take(s->rate, x->client, serve_clock_us(), &wait_us)) {
		fail_for_now(x, 429, wait_us, "too many runs from this address; try again later");
		return;
	}
	struct cargo *cargo = cargo_new(x);
	if (!cargo) {
		fail_for_now(x, 503, 1000000, "no descriptor or memory for one more run");
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
	if (r < 0)
		refuse_for_now(x, r, place.wait_us);
	else if (x->form == FORM_EVENTS)
		events_start(x, place.position);
}

static bool answer_from_cache(struct exchange *x)
{
	struct cache *c = x->service->setup.cache;

	if (!c || x->order.cache != CACHE_USE)
		return false;
	struct entry *e = cache_get(c, x->key, NULL);
	if (!e)
		return false;
	x->cached = true;
	if (x->form != FORM_EVENTS || events_open(x))
		exchange_answer(x, e);
	entry_unref(e);
	return true;
}

/* --- the order --- */

static void order_is_read(struct exchange *x)
{
	struct order_fault *f = &x->fault;

	if (x->read == -ENOMEM)
		fail_for_now(x, 503, 1000000, "no memory for the job");
	else if (x->read < 0)
		exchange_fail(x,
			f->too_large ? 413
			: *f->field  ? 422
				     : 400,
			f->field, "%s", f->detail);
	else if (!answer_from_cache(x))
		enqueue(x);
}

static void read_order(struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));
	const struct order_limits *limits = &x->service->setup.limits;

	x->read = x->upload ? upload_finish(x->upload, &x->order, &x->fault)
			    : order_read(buf_span(&x->body), limits, &x->order, &x->fault);
	buf_done(&x->body);
	if (x->read == 0)
		x->read = order_check(&x->order, &x->fault);
}

/* In the clerk's thread or ours, with the image at hand. */
static void compute_key(struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));

	x->read = key_compute(x->order.job, x->image->image->digest, x->key);
}

static void key_is_computed(void *ctx, struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));

	(void)ctx;
	if (x->request)
		order_is_read(x);
	exchange_unref(x);
}

/* Small things are done at once. */
static void have_done(struct exchange *x, void (*work)(struct chore *),
	void (*done)(void *, struct chore *), size_t bytes)
{
	x->chore = (struct chore){ .work = work, .done = done };
	exchange_ref(x);
	if (bytes > LARGE) {
		clerk_give(x->service->clerk, &x->chore);
		return;
	}
	work(&x->chore);
	done(x->service, &x->chore);
}

static void find_image(struct exchange *x)
{
	struct error err;

	int r = images_get(x->service->images, x->order.image, &x->image, &err);
	if (r == -ENOENT || r == -EINVAL)
		exchange_fail(x, 422, "image", "%s", err.text);
	else if (r < 0)
		exchange_fail(x, 503, NULL, "%s", err.text);
	else
		have_done(x, compute_key, key_is_computed, job_input_size(x->order.job));
}

static void order_is_parsed(void *ctx, struct chore *c)
{
	struct exchange *x = (struct exchange *)((uintptr_t)c - offsetof(struct exchange, chore));

	(void)ctx;
	if (x->request && x->read < 0)
		order_is_read(x);
	else if (x->request)
		find_image(x);
	exchange_unref(x);
}

/* --- the request --- */

/* The best of what is offered; false when the client wants none of it. */
static bool choose_form(const char *accept, enum answer_form *ret)
{
	static const char *const types[] = {
		[FORM_JSON] = "application/json",
		[FORM_MULTIPART] = "multipart/form-data",
		[FORM_EVENTS] = "text/event-stream",
	};
	int best = 0;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		int q = negotiate_type(accept, types[i]);
		if (q > best) {
			best = q;
			*ret = (enum answer_form)i;
		}
	}
	return best > 0;
}

static bool charge(struct exchange *x, uint64_t n)
{
	struct service *s = x->service;

	if (s->uploading + n > s->setup.upload_bytes)
		return false;
	s->uploading += n;
	x->charged += n;
	return true;
}

static bool open_body(struct exchange *x)
{
	const char *type = http_header(x->request, "Content-Type");
	struct span media = media_type(type);

	if (media.n == 16 && strncasecmp(media.p, "application/json", 16) == 0)
		return true;
	if (media.n == 19 && strncasecmp(media.p, "multipart/form-data", 19) == 0) {
		x->upload = upload_new(type, &x->service->setup.limits);
		if (!x->upload)
			exchange_fail(x, 400, NULL,
				"multipart/form-data needs a boundary of 1 to 70 characters");
		return x->upload;
	}
	exchange_fail(x, 415, NULL, "a job comes as application/json or multipart/form-data");
	return false;
}

void runs_begin(struct service *s, struct http_request *r, const char *rest)
{
	struct exchange *x = exchange_new(s, r);
	uint64_t length = http_body_length(r);

	(void)rest;
	if (!x) {
		http_abort(r);
		return;
	}
	client_of(s, r, x->client);
	x->gzip = negotiate_encoding(http_header(r, "Accept-Encoding"), "gzip") > 0;
	if (s->draining)
		fail_for_now(x, 503, 5000000, "the service is being stopped");
	else if (!choose_form(http_header(r, "Accept"), &x->form))
		exchange_fail(x, 406, NULL,
			"results come as application/json, multipart/form-data or "
			"text/event-stream");
	else if (!http_has_body(r))
		exchange_fail(x, 400, NULL, "the request has no body");
	else if (length != UINT64_MAX && length > s->setup.http.body_bytes)
		exchange_fail(x, 413, NULL, "the body has %llu bytes, at most %llu are taken",
			(unsigned long long)length, (unsigned long long)s->setup.http.body_bytes);
	else if (length != UINT64_MAX && !charge(x, length))
		fail_for_now(x, 503, 1000000, "too many uploads at once");
	else
		open_body(x);
}

static void runs_body(struct visit *v, struct span bytes)
{
	struct exchange *x = (struct exchange *)v;
	uint64_t limit = x->service->setup.http.body_bytes;
	bool chunked = http_body_length(x->request) == UINT64_MAX;
	int r;

	if (chunked && x->charged + bytes.n > limit) {
		exchange_fail(x, 413, NULL, "the body has more than %llu bytes",
			(unsigned long long)limit);
		return;
	}
	if (chunked && !charge(x, bytes.n)) {
		fail_for_now(x, 503, 1000000, "too many uploads at once");
		return;
	}
	if (x->upload)
		r = upload_feed(x->upload, bytes, &x->fault);
	else
		r = buf_add(&x->body, bytes.p, bytes.n);
	if (r == -ENOMEM)
		fail_for_now(x, 503, 1000000, "no memory for the upload");
	else if (r < 0)
		exchange_fail(
			x, x->fault.too_large ? 413 : 400, x->fault.field, "%s", x->fault.detail);
}

static void runs_end(struct visit *v)
{
	struct exchange *x = (struct exchange *)v;

	have_done(x, read_order, order_is_parsed, x->body.n);
}

static const struct visit_ops visit_ops = { runs_body, runs_end, runs_gone, runs_done };

struct exchange *exchange_of(struct visit *v)
{
	return v && v->ops == &visit_ops ? (struct exchange *)v : NULL;
}

void runs_cancel(struct service *s, struct http_request *r, const char *id)
{
	if (queue_cancel(s->queue, id) < 0) {
		answer_with_problem(r, 404, NULL, "no such run waits or runs");
		return;
	}
	struct http_reply *p = http_reply_copy(204, (struct span){ "", 0 });
	answer(r, p);
}
