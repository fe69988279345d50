/* SPDX-License-Identifier: MIT */
/* Short links: POST /api/v1/links keeps a state, GET /api/v1/links/ID gives it back. */
#include "internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <strings.h>

#include "cache/links.h"
#include "http/negotiate.h"

/* The state, and the object around it. */
enum { BODY_MAX = LINK_STATE_MAX + 1024 };

struct keeping {
	struct visit visit; /* first */
	struct chore chore;
	struct service *service;
	struct http_request *request; /* NULL once it is done */
	struct buf body;
	char id[LINK_ID_SIZE];
	int result;
	struct error err;
	bool under_way; /* the clerk has it */
};

static void keeping_free(struct keeping *k)
{
	buf_done(&k->body);
	free(k);
}

static void on_body(struct visit *v, struct span bytes)
{
	struct keeping *k = (struct keeping *)v;

	if (k->body.n + bytes.n > BODY_MAX)
		answer_with_problem(
			k->request, 413, "state", "a state has at most %d bytes", LINK_STATE_MAX);
	else if (buf_add(&k->body, bytes.p, bytes.n) < 0)
		answer_with_problem(k->request, 503, NULL, "no memory for the link");
}

/* Waits for the disk: the clerk's. */
static void keep(struct chore *c)
{
	struct keeping *k = (struct keeping *)((uintptr_t)c - offsetof(struct keeping, chore));

	k->result = links_put(k->service->setup.links, buf_span(&k->body), k->id, &k->err);
}

static void tell(struct keeping *k)
{
	cleanup_buf struct buf b = { 0 };
	const char *id = k->id;

	if (k->result == -EFBIG)
		answer_with_problem(k->request, 413, "state", "%s", k->err.text);
	else if (k->result == -ENOSPC)
		answer_with_problem(k->request, 507, NULL, "%s", k->err.text);
	else if (k->result < 0)
		answer_with_problem(k->request, 503, NULL, "%s", k->err.text);
	else if (buf_addf(&b, "{\"id\":\"%s\",\"url\":\"%s/l/%s\"}", id,
			 k->service->setup.public_url, id) < 0)
		http_abort(k->request);
	else
		answer(k->request, answer_json(201, &b, "application/json"));
}

static void kept(void *ctx, struct chore *c)
{
	struct keeping *k = (struct keeping *)((uintptr_t)c - offsetof(struct keeping, chore));

	(void)ctx;
	k->under_way = false;
	if (k->request)
		tell(k);
	else
		keeping_free(k);
}

/* The state as it is kept: compact JSON. */
static bool read_state(struct keeping *k)
{
	json_error_t at;
	cleanup(json_decrefp) json_t *o = json_loadb(k->body.n ? k->body.p : "", k->body.n,
		JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at);
	json_t *state = json_object_get(o, "state");

	if (!o) {
		answer_with_problem(k->request, 400, NULL,
			"the body is not JSON: line %d, column %d: %.200s", at.line, at.column,
			at.text);
		return false;
	}
	if (!state || json_object_size(o) != 1) {
		answer_with_problem(k->request, 422, "state",
			"the body is one object with the member \"state\"");
		return false;
	}
	cleanup_free char *text = json_dumps(state, JSON_COMPACT | JSON_ENCODE_ANY);
	k->body.n = 0;
	if (text && buf_add(&k->body, text, strlen(text)) == 0)
		return true;
	answer_with_problem(k->request, 503, NULL, "no memory for the link");
	return false;
}

static void on_end(struct visit *v)
{
	struct keeping *k = (struct keeping *)v;

	if (!read_state(k))
		return;
	k->chore = (struct chore){ .work = keep, .done = kept };
	k->under_way = true;
	clerk_give(k->service->clerk, &k->chore);
}

static void on_gone(struct visit *v)
{
	(void)v;
}

static void on_done(struct visit *v)
{
	struct keeping *k = (struct keeping *)v;

	k->request = NULL;
	if (!k->under_way)
		keeping_free(k);
}

static const struct visit_ops visit_ops = { on_body, on_end, on_gone, on_done };

void links_begin(struct service *s, struct http_request *r, const char *rest)
{
	struct span media = media_type(http_header(r, "Content-Type"));
	uint64_t length = http_body_length(r);

	(void)rest;
	if (!s->setup.links)
		answer_with_problem(r, 404, NULL, "this service keeps no links");
	else if (media.n != 16 || strncasecmp(media.p, "application/json", 16) != 0)
		answer_with_problem(r, 415, NULL, "a state comes as application/json");
	else if (!http_has_body(r))
		answer_with_problem(r, 400, NULL, "the request has no body");
	else if (length != UINT64_MAX && length > BODY_MAX)
		answer_with_problem(
			r, 413, "state", "a state has at most %d bytes", LINK_STATE_MAX);
	if (http_answered(r))
		return;
	struct keeping *k = calloc(1, sizeof *k);
	if (!k) {
		http_abort(r);
		return;
	}
	k->visit.ops = &visit_ops;
	k->service = s;
	k->request = r;
	http_set_user(r, k);
}

void links_show(struct service *s, struct http_request *r, const char *id)
{
	cleanup_buf struct buf b = { 0 };
	struct error err;

	int e = s->setup.links ? buf_add(&b, "{\"state\":", 9) : -ENOENT;
	if (e == 0)
		e = links_get(s->setup.links, id, &b, &err);
	if (e == 0)
		e = buf_add(&b, "}", 1);
	if (e == -ENOENT) {
		answer_with_problem(r, 404, NULL, "there is no such link");
		return;
	}
	if (e < 0) {
		answer_with_problem(r, 503, NULL, "the link cannot be read now");
		return;
	}
	struct http_reply *p = answer_json(200, &b, "application/json");
	if (p)
		http_reply_header(p, "Cache-Control", "public, max-age=86400");
	answer(r, p);
}
