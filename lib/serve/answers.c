/* SPDX-License-Identifier: MIT */
/* Replies that every route makes: JSON, and problems as RFC 9457 has them. */
#include "internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	unsigned status;
	const char *title;
} titles[] = {
	{ 400, "Bad request" },
	{ 404, "Not found" },
	{ 405, "Method not allowed" },
	{ 406, "Not acceptable" },
	{ 408, "Request timeout" },
	{ 409, "Conflict" },
	{ 411, "Length required" },
	{ 413, "Content too large" },
	{ 415, "Unsupported media type" },
	{ 422, "The job cannot be run as asked" },
	{ 429, "Too many requests" },
	{ 500, "Internal error" },
	{ 503, "Service unavailable" },
	{ 507, "Insufficient storage" },
};

static const char *title_of(unsigned status)
{
	for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

/* What a client wrote may stand in it, and need not be UTF-8. */
static json_t *readable(const char *text)
{
	char copy[600];
	json_t *s = json_string(text);

	if (s)
		return s;
	snprintf(copy, sizeof copy, "%s", text);
	for (char *c = copy; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(copy);
}

int problem_json(unsigned status, const char *field, const char *detail, struct buf *to)
{
	cleanup(json_decrefp) json_t *o = json_object();

	if (!o)
		return -ENOMEM;
	json_object_set_new(o, "type", json_string("about:blank"));
	json_object_set_new(o, "title", json_string(title_of(status)));
	json_object_set_new(o, "status", json_integer((json_int_t)status));
	json_object_set_new(o, "detail", readable(detail));
	if (field && *field)
		json_object_set_new(o, "field", readable(field));
	cleanup_free char *text = json_dumps(o, JSON_COMPACT);
	return text ? buf_add(to, text, strlen(text)) : -ENOMEM;
}

struct http_reply *answer_json(unsigned status, struct buf *body, const char *type)
{
	struct http_reply *p = http_reply_new(status, buf_span(body), free, body->p);

	*body = (struct buf){ 0 };
	if (!p)
		return NULL;
	http_reply_header(p, "Content-Type", type);
	http_reply_header(p, "X-Content-Type-Options", "nosniff");
	return p;
}

struct http_reply *answer_problem(unsigned status, const char *field, const char *detail)
{
	cleanup_buf struct buf b = { 0 };

	if (problem_json(status, field, detail, &b) < 0)
		return NULL;
	struct http_reply *p = answer_json(status, &b, "application/problem+json");
	if (p)
		http_reply_header(p, "Cache-Control", "no-store");
	return p;
}

bool cors_is_open(const struct service *s)
{
	char *const *origins = s->setup.origins;

	return origins && origins[0] && strcmp(origins[0], "*") == 0;
}

static bool is_allowed(char *const *origins, const char *origin)
{
	for (; origins && *origins; origins++)
		if (strcmp(*origins, origin) == 0)
			return true;
	return false;
}

void answer_cors(struct service *s, struct http_request *r, struct http_reply *p)
{
	const char *origin = cors_is_open(s) ? "*" : http_header(r, "Origin");

	if (!cors_is_open(s))
		http_reply_header(p, "Vary", "Origin");
	if (!origin || !(cors_is_open(s) || is_allowed(s->setup.origins, origin)))
		return;
	http_reply_header(p, "Access-Control-Allow-Origin", origin);
	http_reply_header(p, "Access-Control-Expose-Headers", "Run-Id, Retry-After, ETag");
}

void answer(struct http_request *r, struct http_reply *reply)
{
	if (!reply) {
		http_abort(r);
		return;
	}
	answer_cors(http_context(r), r, reply);
	http_answer(r, reply);
	http_reply_unref(reply);
}

void answer_with_problem(
	struct http_request *r, unsigned status, const char *field, const char *fmt, ...)
{
	char detail[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof detail, fmt, ap);
	va_end(ap);
	answer(r, answer_problem(status, field, detail));
}
