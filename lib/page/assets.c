/* SPDX-License-Identifier: MIT */
#include "page/assets.h"

#include <string.h>
#include <strings.h>

/* web/tools/embed.mjs lays the rows out by hand. */
_Static_assert(sizeof(struct asset) == 13 * 8, "rows of 13 words");

static const char *const names[ASSET_ENCODINGS] = {
	[ASSET_GZIP] = "gzip",
	[ASSET_BROTLI] = "br",
};

const struct asset_header asset_headers[] = {
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()" },
	{ NULL, NULL },
};

static int compare(struct span a, const char *b)
{
	size_t n = strlen(b), common = a.n < n ? a.n : n;
	int r = common > 0 ? memcmp(a.p, b, common) : 0;

	return r != 0 ? r : (a.n > n) - (a.n < n);
}

const struct asset *asset_find(struct span path)
{
	size_t low = 0, high = n_assets;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int r = compare(path, assets[middle].path);

		if (r == 0)
			return &assets[middle];
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static struct span trim(struct span s)
{
	while (s.n > 0 && (*s.p == ' ' || *s.p == '\t'))
		s = span_skip(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Is "q=0", "q=0.0" and so on among the parameters of an item (RFC 9110, 12.4.2)? */
static bool forbidden(struct span parameters)
{
	struct span one;

	while (span_cut(&parameters, ';', &one)) {
		one = trim(one);
		if (one.n < 3 || strncasecmp(one.p, "q=", 2) != 0)
			continue;

		bool zero = true;
		for (size_t i = 2; i < one.n; i++)
			zero = zero && (one.p[i] == '0' || one.p[i] == '.');
		return zero;
	}
	return false;
}

static bool allows(const char *header, const char *name)
{
	struct span rest = span_of(header), item;
	bool by_star = false;

	while (span_cut(&rest, ',', &item)) {
		struct span word;

		if (!span_cut(&item, ';', &word))
			continue;
		word = trim(word);
		if (word.n == strlen(name) && strncasecmp(word.p, name, word.n) == 0)
			return !forbidden(item);
		if (span_equal(word, SPAN_LITERAL("*")))
			by_star = !forbidden(item);
	}
	return by_star;
}

enum asset_encoding asset_choose(const struct asset *asset, const char *accept_encoding)
{
	enum asset_encoding best = ASSET_IDENTITY;

	if (!accept_encoding)
		return best;
	for (enum asset_encoding e = ASSET_GZIP; e < ASSET_ENCODINGS; e++)
		if (asset->body[e].n > 0 && asset->body[e].n < asset->body[best].n &&
			allows(accept_encoding, names[e]))
			best = e;
	return best;
}

const char *asset_encoding_name(enum asset_encoding encoding)
{
	return names[encoding];
}
