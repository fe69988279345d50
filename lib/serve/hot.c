/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/results/KEY. What is asked for often is kept as whole replies, so that answering is
 * one look-up; the least recently used ones go. A result never changes, except when somebody had it
 * refreshed: that forgets its replies.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "cache/cache.h"
#include "http/negotiate.h"
#include "render.h"

enum { BUCKETS = 16384, OVERHEAD = 1024 };

/* The four forms that a client may ask for. */
enum { WITH_GZIP = 1, AS_MULTIPART = 2, VARIANTS = 4 };

struct hot {
	struct hot *next; /* in its bucket */
	TAILQ_ENTRY(hot) used;
	char key[KEY_SIZE];
	char etag[ENTRY_ETAG_SIZE];
	unsigned variant;
	size_t bytes;
	struct http_reply *reply, *unchanged;
};

struct hot_results {
	struct hot *buckets[BUCKETS];
	TAILQ_HEAD(hot_list, hot) used; /* most recently first */
	uint64_t bytes, max_bytes;
};

struct hot_results *hot_new(uint64_t max_bytes)
{
	struct hot_results *t = calloc(1, sizeof *t);

	if (t) {
		TAILQ_INIT(&t->used);
		t->max_bytes = max_bytes;
	}
	return t;
}

/* Keys are digests already, but digests that their senders chose; a bucket's length is bounded by
 * the table's bytes. */
static struct hot **bucket_of(struct hot_results *t, const char *key)
{
	uint64_t h = 1469598103934665603u;

	for (int i = 0; i < 16; i++)
		h = (h ^ (unsigned char)key[i]) * 1099511628211u;
	return &t->buckets[(h ^ h >> 32) % BUCKETS];
}

static void drop(struct hot_results *t, struct hot *h)
{
	struct hot **at = bucket_of(t, h->key);

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	TAILQ_REMOVE(&t->used, h, used);
	t->bytes -= h->bytes;
	http_reply_unref(h->reply);
	http_reply_unref(h->unchanged);
	free(h);
}

void hot_free(struct hot_results *t)
{
	if (!t)
		return;
	for (struct hot *h = TAILQ_FIRST(&t->used); h; h = TAILQ_FIRST(&t->used))
		drop(t, h);
	free(t);
}

static struct hot *find(struct hot_results *t, const char *key, unsigned variant)
{
	struct hot *h = *bucket_of(t, key);

	while (h && (h->variant != variant || memcmp(h->key, key, KEY_DIGITS) != 0))
		h = h->next;
	return h;
}

static struct http_reply *make_unchanged(const struct entry *e)
{
	struct http_reply *p = http_reply_copy(304, (struct span){ "", 0 });

	if (!p)
		return NULL;
	http_reply_header(p, "ETag", e->etag);
	http_reply_header(p, "Cache-Control", "public, max-age=31536000, immutable");
	http_reply_header(p, "Vary", "Accept, Accept-Encoding");
	return p;
}

static struct hot *keep(
	struct service *s, struct http_request *r, const struct entry *e, unsigned variant)
{
	struct hot_results *t = s->hot;
	struct hot *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	h->reply = render_result(e, variant & AS_MULTIPART, variant & WITH_GZIP);
	h->unchanged = make_unchanged(e);
	if (!h->reply || !h->unchanged) {
		http_reply_unref(h->reply);
		http_reply_unref(h->unchanged);
		free(h);
		return NULL;
	}
	answer_cors(s, r, h->reply);
	answer_cors(s, r, h->unchanged);
	memcpy(h->key, e->key, sizeof h->key);
	memcpy(h->etag, e->etag, sizeof h->etag);
	h->variant = variant;
	h->bytes = OVERHEAD + http_reply_size(h->reply);
	t->bytes += h->bytes;
	struct hot **bucket = bucket_of(t, h->key);
	h->next = *bucket;
	*bucket = h;
	TAILQ_INSERT_HEAD(&t->used, h, used);
	while (t->bytes > t->max_bytes && TAILQ_LAST(&t->used, hot_list) != h)
		drop(t, TAILQ_LAST(&t->used, hot_list));
	return h;
}

void hot_forget(struct service *s, const char *key)
{
	for (unsigned v = 0; v < VARIANTS; v++) {
		struct hot *h = find(s->hot, key, v);
		if (h)
			drop(s->hot, h);
	}
}

static void send_hot(struct hot_results *t, struct http_request *r, struct hot *h)
{
	if (h != TAILQ_FIRST(&t->used)) {
		TAILQ_REMOVE(&t->used, h, used);
		TAILQ_INSERT_HEAD(&t->used, h, used);
	}
	const char *known = http_header(r, "If-None-Match");
	http_answer(r, known && negotiate_has_etag(known, h->etag) ? h->unchanged : h->reply);
}

static unsigned variant_of(struct http_request *r)
{
	const char *accept = http_header(r, "Accept"),
		   *encodings = http_header(r, "Accept-Encoding");
	unsigned v = 0;

	if (accept && negotiate_type(accept, "multipart/form-data") >
			      negotiate_type(accept, "application/json"))
		v |= AS_MULTIPART;
	if (encodings && negotiate_encoding(encodings, "gzip") > 0)
		v |= WITH_GZIP;
	return v;
}

void hot_get(struct service *s, struct http_request *r, const char *key)
{
	if (!key_valid(span_of(key))) {
		answer_with_problem(r, 404, NULL, "a key is 64 lower-case hexadecimal digits");
		return;
	}
	unsigned variant = variant_of(r);
	/* What depends on the page that asks is not shared. */
	bool shared = cors_is_open(s) || !http_header(r, "Origin");
	struct hot *h = shared ? find(s->hot, key, variant) : NULL;
	if (h) {
		s->hot_hits++;
		send_hot(s->hot, r, h);
		return;
	}
	struct entry *e = s->setup.cache ? cache_get(s->setup.cache, key, NULL) : NULL;
	if (!e) {
		answer_with_problem(r, 404, NULL, "no result is kept under this key");
		return;
	}
	h = shared && cache_policy(e->outcome) == CACHE_KEEP ? keep(s, r, e, variant) : NULL;
	if (h)
		send_hot(s->hot, r, h);
	else
		answer(r, render_result(e, variant & AS_MULTIPART, variant & WITH_GZIP));
	entry_unref(e);
}
