/* SPDX-License-Identifier: MIT */
/* What is there, and how it is: health, readiness, images. */
#include "internal.h"

#include <jansson.h>

#include "image/image.h"
#include "metrics/metrics.h"

enum { READY_MS = 60000 };

extern const char openapi_start[], openapi_end[];

static void answer_text(struct http_request *r, unsigned status, const char *text)
{
	struct http_reply *p = http_reply_copy(status, span_of(text));

	if (p) {
		http_reply_header(p, "Content-Type", "text/plain; charset=utf-8");
		http_reply_header(p, "Cache-Control", "no-store");
	}
	answer(r, p);
}

void status_health(struct service *s, struct http_request *r, const char *rest)
{
	(void)s;
	(void)rest;
	answer_text(r, 200, "ok\n");
}

void status_ready(struct service *s, struct http_request *r, const char *rest)
{
	uint64_t last = __atomic_load_n(&s->last_run_ms, __ATOMIC_RELAXED),
		 now = serve_clock_us() / 1000;

	(void)rest;
	if (s->draining)
		answer_text(r, 503, "being stopped\n");
	else if (last == 0 || now > last + READY_MS)
		answer_text(r, 503, "no VM gave a result in the last minute\n");
	else
		answer_text(r, 200, "ready\n");
}

/* Takes @o. */
static void answer_object(struct http_request *r, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	if (!text) {
		http_abort(r);
		return;
	}
	struct buf b = { text, strlen(text), 0 };
	struct http_reply *p = answer_json(200, &b, "application/json");
	if (p)
		http_reply_header(p, "Cache-Control", "no-cache");
	answer(r, p);
}

static json_t *image_json(const struct image *img)
{
	json_t *o = json_object(), *packages = json_array();

	for (size_t i = 0; i < img->packages.n; i++)
		json_array_append_new(packages, json_string(img->packages.v[i]));
	json_object_set_new(o, "name", json_string(img->name));
	json_object_set_new(o, "digest", json_string(img->digest));
	json_object_set_new(o, "title", json_string(img->title));
	json_object_set_new(o, "bytes", json_integer((json_int_t)img->bytes));
	json_object_set_new(o, "packages", packages);
	return o;
}

void status_images(struct service *s, struct http_request *r, const char *rest)
{
	struct image **list = NULL;
	struct error err;
	size_t n = 0;

	(void)rest;
	if (image_list(s->setup.store, &list, &n, &err) < 0) {
		answer_with_problem(r, 503, NULL, "%s", err.text);
		return;
	}
	json_t *o = json_object(), *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, image_json(list[i]));
	image_list_free(list, n);
	json_object_set_new(o, "images", a);
	answer_object(r, o);
}

static json_t *limits_json(const struct job_limits *l)
{
	json_t *o = json_object();

	json_object_set_new(o, "timeout_ms", json_integer((json_int_t)l->timeout_ms));
	json_object_set_new(o, "memory_bytes", json_integer((json_int_t)l->memory_bytes));
	json_object_set_new(o, "output_bytes", json_integer((json_int_t)l->output_bytes));
	json_object_set_new(o, "scratch_bytes", json_integer((json_int_t)l->scratch_bytes));
	json_object_set_new(o, "pids", json_integer((json_int_t)l->pids));
	return o;
}

void status_limits(struct service *s, struct http_request *r, const char *rest)
{
	const struct order_limits *l = &s->setup.limits;
	json_t *o = json_object();

	(void)rest;
	json_object_set_new(o, "usual", limits_json(&l->usual));
	json_object_set_new(o, "most", limits_json(&l->most));
	json_object_set_new(o, "input_bytes", json_integer((json_int_t)l->most.input_bytes));
	json_object_set_new(o, "request_bytes", json_integer((json_int_t)s->setup.http.body_bytes));
	answer_object(r, o);
}

void status_metrics(struct service *s, struct http_request *r, const char *rest)
{
	cleanup_buf struct buf b = { 0 };

	(void)rest;
	count_states(s);
	if (metrics_format(s->metrics, &b) < 0) {
		http_abort(r);
		return;
	}
	answer(r, answer_json(200, &b, METRICS_CONTENT_TYPE));
}

void status_openapi(struct service *s, struct http_request *r, const char *rest)
{
	const struct span text = { openapi_start, (size_t)(openapi_end - openapi_start) };
	struct http_reply *p = http_reply_new(200, text, NULL, NULL);

	(void)s;
	(void)rest;
	if (p) {
		http_reply_header(p, "Content-Type", "application/json");
		http_reply_header(p, "Cache-Control", "no-cache");
	}
	answer(r, p);
}
