/* SPDX-License-Identifier: MIT */
/* Which request goes where. */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include "programs.h"

struct route {
	const char *method,
		*path; /* a path that ends in '/' but is not "/" has something behind it */
	void (*begin)(struct service *s, struct http_request *r, const char *rest);
};

static const struct route routes[] = {
	{ "GET", "/api/v1/results/", hot_get },
	{ "POST", "/api/v1/runs", runs_begin },
	{ "DELETE", "/api/v1/runs/", runs_cancel },
	{ "GET", "/api/v1/catalog", programs_show },
	{ "GET", "/api/v1/images", status_images },
	{ "GET", "/api/v1/limits", status_limits },
	{ "POST", "/api/v1/links", links_begin },
	{ "GET", "/api/v1/links/", links_show },
	{ "GET", "/api/v1/openapi.json", status_openapi },
	{ "GET", "/healthz", status_health },
	{ "GET", "/readyz", status_ready },
	{ "GET", "/metrics", status_metrics },
};

/* Whatever is built in. */
static const struct route page = { .method = "GET", .path = "/" };

enum { ROUTES = sizeof routes / sizeof *routes };

/* What stands behind the route's path; NULL when it is another. */
static const char *match_path(const struct route *route, const char *path)
{
	size_t n = strlen(route->path);

	if (strncmp(path, route->path, n) != 0)
		return NULL;
	if (route->path[n - 1] != '/')
		return path[n] == '\0' ? path + n : NULL;
	return path[n] && !strchr(path + n, '/') ? path + n : NULL;
}

static bool match_method(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The methods that this path has, as Allow lists them; "" for an unknown path. */
static void list_methods(const char *path, char *to, size_t n)
{
	*to = '\0';
	for (size_t i = 0; i < ROUTES; i++)
		if (match_path(&routes[i], path)) {
			size_t at = strlen(to);
			snprintf(to + at, n - at, "%s%s%s", at ? ", " : "OPTIONS, ",
				routes[i].method,
				strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
		}
}

/* What browsers ask before they let another site's page post JSON. */
static void answer_options(struct http_request *r, const char *allowed)
{
	struct http_reply *p = http_reply_copy(204, (struct span){ "", 0 });

	if (p) {
		http_reply_header(p, "Allow", allowed);
		http_reply_header(p, "Access-Control-Allow-Methods", allowed);
		http_reply_header(
			p, "Access-Control-Allow-Headers", "Content-Type, Accept, If-None-Match");
		http_reply_header(p, "Access-Control-Max-Age", "86400");
	}
	answer(r, p);
}

static void answer_unrouted(struct http_request *r)
{
	char allowed[128];

	list_methods(http_path(r), allowed, sizeof allowed);
	if (!*allowed && page_has(http_path(r)))
		snprintf(allowed, sizeof allowed, "OPTIONS, GET, HEAD");
	if (!*allowed) {
		answer_with_problem(r, 404, NULL, "there is nothing at this path");
		return;
	}
	if (strcmp(http_method(r), "OPTIONS") == 0) {
		answer_options(r, allowed);
		return;
	}
	struct http_reply *p = answer_problem(405, NULL, "this path does not take that method");
	if (p)
		http_reply_header(p, "Allow", allowed);
	answer(r, p);
}

static void on_begin(void *ctx, struct http_request *r)
{
	const char *method = http_method(r), *path = http_path(r);

	for (size_t i = 0; i < ROUTES; i++) {
		const char *rest =
			match_method(&routes[i], method) ? match_path(&routes[i], path) : NULL;
		if (rest) {
			routes[i].begin(ctx, r, rest);
			return;
		}
	}
	if (!match_method(&page, method) || !page_serve(ctx, r))
		answer_unrouted(r);
}

static void on_body(void *ctx, struct http_request *r, struct span bytes)
{
	struct visit *v = http_user(r);

	(void)ctx;
	if (v)
		v->ops->body(v, bytes);
}

static void on_end(void *ctx, struct http_request *r)
{
	struct visit *v = http_user(r);

	(void)ctx;
	if (v)
		v->ops->end(v);
}

static void on_gone(void *ctx, struct http_request *r)
{
	struct visit *v = http_user(r);

	(void)ctx;
	if (v)
		v->ops->gone(v);
}

static void on_done(void *ctx, struct http_request *r, unsigned status, uint64_t us)
{
	struct service *s = ctx;
	struct visit *v = http_user(r);

	count_request(s, r, status, us);
	log_request(s, r, status, us, exchange_of(v));
	if (v)
		v->ops->done(v);
}

static void on_idle(void *ctx)
{
	service_look_around(ctx);
	log_flush(ctx);
}

const struct http_handler service_handler = {
	.begin = on_begin,
	.body = on_body,
	.end = on_end,
	.gone = on_gone,
	.done = on_done,
	.idle = on_idle,
};
