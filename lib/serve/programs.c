/* SPDX-License-Identifier: MIT */
#include "programs.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/watch.h"
#include "http/gzip.h"
#include "http/negotiate.h"
#include "internal.h"

enum { LOOK_MS = 1000, ETAG_SIZE = 35, ETAG_BYTES = 16 };

enum { PLAIN, PACKED, UNCHANGED, FORMS };

struct programs {
	struct chore chore;
	char *store, *dir;
	uint64_t looked_ms;
	bool looking;
	/* What the clerk has made. */
	struct catalog_watch *watch; /* NULL: it has never been right */
	struct buf text, packed;
	bool fresh;
	struct error err; /* what was wrong the last time, with the files or with a label */
	struct error told;
	/* What is shown. */
	struct http_reply *replies[FORMS];
	char etag[ETAG_SIZE];
};

/* --- in the clerk's thread --- */

static void say(void *ctx, const char *text)
{
	struct programs *p = ctx;
	size_t n = strlen(p->err.text);

	snprintf(p->err.text + n, sizeof p->err.text - n, "%s%s", n ? "; " : "", text);
}

/* True when there is something new to show. */
static bool poll_watch(struct programs *p)
{
	if (p->watch)
		return catalog_watch_poll(p->watch);
	return catalog_watch_new(p->dir, p->store, say, p, &p->watch, &p->err) == 0;
}

static void look(struct chore *chore)
{
	struct programs *p = (struct programs *)chore;

	p->err.text[0] = '\0';
	p->fresh = poll_watch(p);
	if (!p->fresh)
		return;
	cleanup(catalog_view_unrefp) struct catalog_view *v = catalog_watch_view(p->watch);
	p->text.n = p->packed.n = 0;
	p->fresh = buf_add(&p->text, v->json, v->json_n) == 0 &&
		   gzip_compress(buf_span(&p->text), &p->packed) == 0;
}

/* --- what is shown --- */

static void name_contents(const struct buf *text, char etag[ETAG_SIZE])
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)text->p, text->n, sum);
	*etag++ = '"';
	for (int i = 0; i < ETAG_BYTES; i++, etag += 2)
		snprintf(etag, 3, "%02x", sum[i]);
	memcpy(etag, "\"", 2);
}

static void show(struct programs *p)
{
	struct http_reply *made[FORMS] = {
		[PLAIN] = http_reply_copy(200, buf_span(&p->text)),
		[PACKED] = http_reply_copy(200, buf_span(&p->packed)),
		[UNCHANGED] = http_reply_copy(304, (struct span){ "", 0 }),
	};

	name_contents(&p->text, p->etag);
	for (int i = 0; i < FORMS; i++) {
		http_reply_unref(p->replies[i]);
		p->replies[i] = made[i];
		if (!made[i])
			continue;
		if (i != UNCHANGED)
			http_reply_header(made[i], "Content-Type", "application/json");
		if (i == PACKED)
			http_reply_header(made[i], "Content-Encoding", "gzip");
		http_reply_header(made[i], "ETag", p->etag);
		http_reply_header(made[i], "Cache-Control", "no-cache");
		http_reply_header(made[i], "Vary", "Accept-Encoding");
		http_reply_header(made[i], "Access-Control-Allow-Origin", "*");
	}
}

static void looked(void *ctx, struct chore *chore)
{
	struct programs *p = (struct programs *)chore;
	struct service *s = ctx;

	p->looking = false;
	if (p->fresh)
		show(p);
	/* The same thing may still be wrong after something else has changed. */
	if (p->err.text[0] && strcmp(p->err.text, p->told.text) != 0)
		log_problem(s, "catalog", p->err.text);
	if (p->err.text[0] || p->fresh)
		p->told = p->err;
}

struct programs *programs_new(const char *store, const char *dir, struct error *err)
{
	struct programs *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->store = strdup(store);
	p->dir = catalog_path(dir);
	if (!p->store || !p->dir) {
		programs_free(p);
		return NULL;
	}
	look(&p->chore);
	*err = p->told = p->err;
	if (p->fresh)
		show(p);
	return p;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	for (int i = 0; i < FORMS; i++)
		http_reply_unref(p->replies[i]);
	catalog_watch_free(p->watch);
	buf_done(&p->text);
	buf_done(&p->packed);
	free(p->store);
	free(p->dir);
	free(p);
}

/* Sometimes somebody has to ask. */
static void look_again(struct service *s, struct programs *p)
{
	uint64_t now = serve_clock_us() / 1000;

	if (p->looking || now < p->looked_ms + LOOK_MS)
		return;
	p->looked_ms = now;
	p->looking = true;
	p->chore.work = look;
	p->chore.done = looked;
	clerk_give(s->clerk, &p->chore);
}

void programs_show(struct service *s, struct http_request *r, const char *rest)
{
	struct programs *p = s->programs;

	(void)rest;
	look_again(s, p);
	bool gzip = negotiate_encoding(http_header(r, "Accept-Encoding"), "gzip") > 0;
	struct http_reply *reply = p->replies[gzip ? PACKED : PLAIN];
	if (negotiate_has_etag(http_header(r, "If-None-Match"), p->etag))
		reply = p->replies[UNCHANGED];
	if (reply)
		http_answer(r, reply);
	else
		answer_with_problem(
			r, 503, NULL, "the catalog cannot be read now; the service's log says why");
}
