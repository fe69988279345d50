/* SPDX-License-Identifier: MIT */
/* The page: what is built into the binary, compressed beforehand. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#include "http/negotiate.h"
#include "page/assets.h"

static const char immutable[] = "public, max-age=31536000, immutable";

/* Made at the first request of each, kept for good. */
struct page {
	struct http_reply *replies[ASSET_ENCODINGS], *unchanged[ASSET_ENCODINGS];
};

static void add_headers(struct http_reply *p, const struct asset *a, enum asset_encoding encoding)
{
	for (const struct asset_header *h = asset_headers; h->name; h++)
		http_reply_header(p, h->name, h->value);
	if (a->csp && *a->csp)
		http_reply_header(p, "Content-Security-Policy", a->csp);
	http_reply_header(p, "ETag", a->etag[encoding]);
	http_reply_header(p, "Cache-Control", a->immutable ? immutable : "no-cache");
	http_reply_header(p, "Vary", "Accept-Encoding");
}

static struct http_reply *make_reply(const struct asset *a, enum asset_encoding encoding)
{
	struct http_reply *p = http_reply_new(200, a->body[encoding], NULL, NULL);
	const char *name = asset_encoding_name(encoding);

	if (!p)
		return NULL;
	http_reply_header(p, "Content-Type", a->type);
	if (name)
		http_reply_header(p, "Content-Encoding", name);
	add_headers(p, a, encoding);
	return p;
}

static struct http_reply *make_unchanged(const struct asset *a, enum asset_encoding encoding)
{
	struct http_reply *p = http_reply_copy(304, (struct span){ "", 0 });

	if (p)
		add_headers(p, a, encoding);
	return p;
}

struct page *page_new(void)
{
	return calloc(n_assets + 1, sizeof(struct page));
}

void page_free(struct page *pages)
{
	for (size_t i = 0; pages && i < n_assets; i++)
		for (size_t e = 0; e < ASSET_ENCODINGS; e++) {
			http_reply_unref(pages[i].replies[e]);
			http_reply_unref(pages[i].unchanged[e]);
		}
	free(pages);
}

static const struct asset *find(const char *path)
{
	/* The page itself finds out which link it is. */
	return asset_find(strncmp(path, "/l/", 3) == 0 ? SPAN_LITERAL("/") : span_of(path));
}

bool page_has(const char *path)
{
	return find(path);
}

bool page_serve(struct service *s, struct http_request *r)
{
	const struct asset *a = find(http_path(r));

	if (!a)
		return false;
	enum asset_encoding e = asset_choose(a, http_header(r, "Accept-Encoding"));
	struct page *page = &s->page[a - assets];
	if (!page->replies[e])
		page->replies[e] = make_reply(a, e);
	if (!page->unchanged[e])
		page->unchanged[e] = make_unchanged(a, e);
	if (!page->replies[e] || !page->unchanged[e])
		http_abort(r);
	else
		http_answer(r, negotiate_has_etag(http_header(r, "If-None-Match"), a->etag[e])
				       ? page->unchanged[e]
				       : page->replies[e]);
	return true;
}
