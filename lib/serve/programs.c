/* SPDX-License-Identifier: MIT */
#include "programs.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "catalog/catalog.h"
#include "http/gzip.h"
#include "http/negotiate.h"
#include "image/image.h"
#include "internal.h"

enum { LOOK_MS = 1000, ETAG_SIZE = 35, ETAG_BYTES = 16 };

enum { PLAIN, PACKED, UNCHANGED, FORMS };

struct programs {
	struct chore chore;
	char *store, *dir;
	uint64_t looked_ms;
	bool looking;
	/* What the clerk has made, and from what. */
	uint64_t stamp;
	struct buf text, packed;
	bool fresh;
	struct error err;
	/* What is shown. */
	struct http_reply *replies[FORMS];
	char etag[ETAG_SIZE];
};

/* --- what it is made from --- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	return (h ^ v) * 1099511628211u;
}

/* Changes when an entry of the directory does: its name, length or time. */
static uint64_t stamp_directory(uint64_t h, const char *path)
{
	DIR *d = opendir(path);
	uint64_t sum = 0;
	struct dirent *e;

	if (!d)
		return mix(h, (uint64_t)errno);
	while ((e = readdir(d))) {
		uint64_t one = 1469598103934665603u;
		struct stat st;

		if (fstatat(dirfd(d), e->d_name, &st, 0) < 0 || !S_ISREG(st.st_mode))
			continue;
		for (const char *c = e->d_name; *c; c++)
			one = mix(one, (unsigned char)*c);
		one = mix(mix(one, (uint64_t)st.st_size), (uint64_t)st.st_ino);
		one = mix(mix(one, (uint64_t)st.st_mtim.tv_sec), (uint64_t)st.st_mtim.tv_nsec);
		sum += one; /* whatever the order */
	}
	closedir(d);
	return mix(h, sum);
}

static void add_labels(struct catalog *c, struct image *const *images, size_t n)
{
	struct error ignored;

	/* One that says nonsense of itself is shown without it. */
	for (size_t i = 0; i < n; i++) {
		const char *text = strv_get(&images[i]->labels, CATALOG_LABEL);
		if (text)
			catalog_add_label(c, images[i]->name, span_of(text), &ignored);
	}
}

static int make_text(struct programs *p, struct buf *to, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	struct image **images = NULL;
	size_t n = 0;

	int r = catalog_load(p->dir, &c, err);
	if (r == 0)
		r = image_list(p->store, &images, &n, err);
	if (r < 0)
		return r;
	add_labels(c, images, n);
	json_t *o = catalog_json(c, images, n);
	image_list_free(images, n);
	cleanup_free char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text ? buf_add(to, text, strlen(text)) : fail(err, -ENOMEM, "write the catalog");
}

/* In the clerk's thread. */
static void look(struct chore *chore)
{
	struct programs *p = (struct programs *)chore;
	uint64_t stamp = stamp_directory(stamp_directory(0, p->dir), p->store);

	p->fresh = false;
	p->err.text[0] = '\0';
	if (stamp == p->stamp)
		return;
	p->stamp = stamp;
	p->text.n = p->packed.n = 0;
	p->fresh = make_text(p, &p->text, &p->err) == 0 &&
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
	else if (p->err.text[0])
		log_problem(s, "catalog", p->err.text);
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
	*err = p->err;
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
