/* SPDX-License-Identifier: MIT */
/* One line for each request, as logfmt or JSON; they are written together, each time the server has
 * nothing else to do. */
#include "internal.h"

#include <stdio.h>
#include <time.h>

enum { FLUSH_FROM = 64 << 10 };

struct line {
	struct buf *to;
	bool json, first;
};

static void put_escaped(struct line *l, const char *s)
{
	buf_add(l->to, "\"", 1);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			buf_addf(l->to, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			buf_addf(l->to, "\\u%04x", c);
		else
			buf_add(l->to, s, 1);
	}
	buf_add(l->to, "\"", 1);
}

static void put_name(struct line *l, const char *name)
{
	const char *separator = l->json ? "," : " ";

	if (!l->first)
		buf_add(l->to, separator, 1);
	l->first = false;
	buf_addf(l->to, l->json ? "\"%s\":" : "%s=", name);
}

static void put_text(struct line *l, const char *name, const char *value)
{
	put_name(l, name);
	bool plain = !l->json && *value;
	for (const char *c = value; plain && *c; c++)
		plain = *c > ' ' && *c < 0x7f && *c != '"' && *c != '=' && *c != '\\';
	if (plain)
		buf_addf(l->to, "%s", value);
	else
		put_escaped(l, value);
}

static void put_ms(struct line *l, const char *name, uint64_t us)
{
	put_name(l, name);
	buf_addf(l->to, "%.3f", (double)us / 1000);
}

static void put_time(struct line *l)
{
	struct timespec t;
	struct tm tm;
	char text[40], fraction[16];

	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(fraction, sizeof fraction, ".%03dZ", (int)(t.tv_nsec / 1000000));
	put_name(l, "time");
	buf_addf(l->to, l->json ? "\"%s%s\"" : "%s%s", text, fraction);
}

void log_request(struct service *s, const struct http_request *r, unsigned status, uint64_t us,
	const struct exchange *x)
{
	struct line l = { &s->log, s->setup.log_json, true };

	if (!s->setup.log)
		return;
	if (l.json)
		buf_add(l.to, "{", 1);
	put_time(&l);
	put_text(&l, "method", http_method(r));
	put_text(&l, "path", http_path(r));
	put_name(&l, "status");
	buf_addf(l.to, "%u", status);
	put_ms(&l, "ms", us);
	put_text(&l, "client", x ? x->client : http_peer(r));
	if (x && x->key[0])
		put_text(&l, "key", x->key);
	if (x && x->outcome)
		put_text(&l, "outcome", x->outcome);
	if (x && x->cached)
		put_text(&l, "cached", "yes");
	if (x && x->entry && !x->cached)
		put_ms(&l, "queue_ms", x->queue_us);
	buf_add(l.to, l.json ? "}\n" : "\n", l.json ? 2 : 1);
	if (l.to->n > FLUSH_FROM)
		log_flush(s);
}

void log_flush(struct service *s)
{
	if (s->log.n > 0)
		s->setup.log(s->setup.log_ctx, buf_span(&s->log));
	s->log.n = 0;
}
