/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <string.h>

#define HEX "0123456789abcdef"

const struct kind *kind_find(const struct kind_list *kinds, const char *id)
{
	for (size_t i = 0; i < kinds->n; i++)
		if (strcmp(kinds->v[i].id, id) == 0)
			return &kinds->v[i];
	return NULL;
}

static const char *last_component(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* How much of @name an extension of @kind matches; "*" counts as nothing. */
static size_t matched(const struct kind *kind, const char *name)
{
	size_t best = 0, n = strlen(name);

	for (size_t i = 0; i < kind->extensions.n; i++) {
		const char *e = kind->extensions.v[i];
		size_t m = strlen(e);
		bool fits =
			*e == '.' ? n > m && strcmp(name + n - m, e) == 0 : strcmp(name, e) == 0;

		if (fits && m > best)
			best = m;
	}
	return best;
}

static bool takes_any(const struct kind *kind)
{
	for (size_t i = 0; i < kind->extensions.n; i++)
		if (strcmp(kind->extensions.v[i], "*") == 0)
			return true;
	return false;
}

bool kind_matches(const struct kind_list *kinds, const struct kind *kind, const char *name)
{
	const char *last = last_component(name);
	size_t mine = matched(kind, last);

	if (takes_any(kind))
		return true;
	for (size_t i = 0; i < kinds->n && mine > 0; i++)
		if (matched(&kinds->v[i], last) > mine)
			return false;
	return mine > 0;
}

bool kind_magic_valid(const char *magic)
{
	size_t n = strlen(magic);

	return n > 0 && n % 2 == 0 && strspn(magic, HEX ".") == n;
}

static bool nibble_fits(char pattern, unsigned int nibble)
{
	return pattern == '.' || HEX[nibble] == pattern;
}

static bool begins(struct span data, const char *magic)
{
	size_t n = strlen(magic) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned int byte = i < data.n ? (unsigned char)data.p[i] : 0;

		if (i >= data.n || !nibble_fits(magic[2 * i], byte >> 4) ||
			!nibble_fits(magic[2 * i + 1], byte & 15))
			return false;
	}
	return true;
}

bool kind_magic_fits(const struct kind_list *kinds, const char *name, struct span data)
{
	bool told = false;

	for (size_t i = 0; i < kinds->n; i++) {
		const struct kind *k = &kinds->v[i];

		if (k->magic.n == 0 || takes_any(k) || !kind_matches(kinds, k, name))
			continue;
		told = true;
		for (size_t j = 0; j < k->magic.n; j++)
			if (begins(data, k->magic.v[j]))
				return true;
	}
	return !told;
}
