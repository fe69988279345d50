/* SPDX-License-Identifier: MIT */
/*
 * The built web page, inside the binary.
 *
 * One row per file of web/dist, in up to three encodings, made when the project is built
 * (web/tools/embed.mjs). "/" is the page; "/embed" is the same bytes with a policy that lets other
 * sites frame it. A server answers "/l/ID" with "/". All of it is read-only and lives as long as
 * the program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum asset_encoding { ASSET_IDENTITY, ASSET_GZIP, ASSET_BROTLI, ASSET_ENCODINGS };

struct asset {
	const char *path;                  /* as in a request: "/", "/assets/index-BZl8462e.js" */
	const char *type;                  /* value of Content-Type */
	const char *etag[ASSET_ENCODINGS]; /* with its quotes; each encoding has its own */
	struct span body[ASSET_ENCODINGS]; /* a variant with n == 0 would not be smaller: it is not
					      there */
	const char *csp;                   /* value of Content-Security-Policy */
	bool immutable; /* the name holds a hash of the content: it may be kept for ever; else
			   revalidate */
};

struct asset_header {
	const char *name, *value;
};

/* Sorted by path, in the order of strcmp(). Empty when the project was built with WEB=no. */
extern const struct asset assets[];
extern const size_t n_assets;

/* Headers that go with every asset, beside its own csp. Ended by a NULL name. */
extern const struct asset_header asset_headers[];

/* The asset of exactly this @path (no query), or NULL. */
const struct asset *asset_find(struct span path);

/*
 * The best variant of @asset for the value of an Accept-Encoding header (NULL: none): the smallest
 * one that the header allows, where q=0 forbids. Identity, when nothing else is allowed.
 */
enum asset_encoding asset_choose(const struct asset *asset, const char *accept_encoding);

/* The value of Content-Encoding; NULL for identity. */
const char *asset_encoding_name(enum asset_encoding encoding);
