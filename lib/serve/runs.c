/* SPDX-License-Identifier: MIT */
/*
 * POST /api/v1/runs: an order is read, looked up in the cache, else queued; the outcome is answered
 * in the form that was asked for. What holds up the HTTP thread is the clerk's.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "cache/cache.h"
#include "http/negotiate.h"
#include "image/image.h"
#include "upload.h"

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

static void fail_order(struct exchange *x)
{
	const struct order_fault *f = &x->fault;

	exchange_fail(x, f->too_large ? 413 : *f->field ? 422 : 400, f->field, "%s", f->detail);
}

static void order_is_read(struct exchange *x)
{
	if (x->read == -ENOMEM)
		exchange_fail_for_now(x, 503, 1000000, "no memory for the job");
	else if (x->read < 0)
		fail_order(x);
	else if (!answer_from_cache(x))
		exchange_enqueue(x);
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
	if (bytes > CHORE_FROM) {
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

static const struct visit_ops visit_ops;

void runs_begin(struct service *s, struct http_request *r, const char *rest)
{
	struct exchange *x = exchange_new(s, r, &visit_ops);
	uint64_t length = http_body_length(r);

	(void)rest;
	if (!x) {
		http_abort(r);
		return;
	}
	client_of(s, r, x->client);
	x->gzip = negotiate_encoding(http_header(r, "Accept-Encoding"), "gzip") > 0;
	if (s->draining)
		exchange_fail_for_now(x, 503, 5000000, "the service is being stopped");
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
		exchange_fail_for_now(x, 503, 1000000, "too many uploads at once");
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
		exchange_fail_for_now(x, 503, 1000000, "too many uploads at once");
		return;
	}
	if (x->upload)
		r = upload_feed(x->upload, bytes, &x->fault);
	else
		r = buf_add(&x->body, bytes.p, bytes.n);
	if (r == -ENOMEM)
		exchange_fail_for_now(x, 503, 1000000, "no memory for the upload");
	else if (r < 0)
		fail_order(x);
}

static void runs_end(struct visit *v)
{
	struct exchange *x = (struct exchange *)v;

	have_done(x, read_order, order_is_parsed, x->body.n);
}

static const struct visit_ops visit_ops = { runs_body, runs_end, exchange_gone, exchange_done };

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
