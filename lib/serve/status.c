/* SPDX-License-Identifier: MIT */
/* What is there, and how it is: health, readiness, images. */
#include "internal.h"

#include <jansson.h>

#include "image/image.h"

enum { READY_MS = 60000 };

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
	cleanup(json_decrefp) json_t *o = json_object();
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, image_json(list[i]));
	image_list_free(list, n);
	json_object_set_new(o, "images", a);
	char *text = json_dumps(o, JSON_COMPACT);
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
