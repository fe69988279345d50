/* SPDX-License-Identifier: MIT */
#include "negotiate.h"

#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(struct span s)
{
	while (s.n > 0 && is_space(s.p[0]))
		s = span_skip(s, 1);
	while (s.n > 0 && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool same(struct span a, struct span b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* "0.25" as 250; what is malformed counts as nothing. */
static int read_quality(struct span s)
{
	int q, scale = 100;

	if (s.n == 0 || (s.p[0] != '0' && s.p[0] != '1'))
		return 0;
	q = (s.p[0] - '0') * 1000;
	if (s.n > 1 && s.p[1] != '.')
		return 0;
	for (size_t i = 2; i < s.n && i < 5; i++, scale /= 10) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return 0;
		q += (s.p[i] - '0') * scale;
	}
	return q > 1000 ? 1000 : q;
}

/* Splits "type;a=b;q=0.5" into the type and its quality. */
static struct span cut_quality(struct span item, int *ret_quality)
{
	struct span type = { "", 0 }, parameter;

	*ret_quality = 1000;
	span_cut(&item, ';', &type);
	while (span_cut(&item, ';', &parameter)) {
		parameter = trim(parameter);
		if (parameter.n > 2 && (parameter.p[0] | 32) == 'q' && parameter.p[1] == '=')
			*ret_quality = read_quality(span_skip(parameter, 2));
	}
	return trim(type);
}

/* 3: the type itself; 2: type/ *; 1: all; 0: no match. */
static int type_match(struct span range, struct span type)
{
	if (same(range, type))
		return 3;
	if (same(range, SPAN_LITERAL("*/*")))
		return 1;
	if (range.n > 2 && range.p[range.n - 1] == '*' && range.p[range.n - 2] == '/' &&
		range.n - 1 <= type.n && strncasecmp(range.p, type.p, range.n - 1) == 0)
		return 2;
	return 0;
}

int negotiate_type(const char *accept, const char *type)
{
	struct span rest = span_of(accept ? accept : "*/*"), item;
	int best = 0, quality = 0;

	while (span_cut(&rest, ',', &item)) {
		int q, match = type_match(cut_quality(item, &q), span_of(type));
		if (match > best) {
			best = match;
			quality = q;
		}
	}
	return quality;
}

int negotiate_encoding(const char *accept, const char *encoding)
{
	struct span rest = span_of(accept ? accept : "identity"), item;
	int best = 0, quality = 0;

	while (span_cut(&rest, ',', &item)) {
		int q;
		struct span name = cut_quality(item, &q);
		int match = same(name, span_of(encoding)) ? 2 : same(name, SPAN_LITERAL("*"));
		if (match > best) {
			best = match;
			quality = q;
		}
	}
	return quality;
}

bool negotiate_has_etag(const char *header, const char *etag)
{
	struct span rest = span_of(header ? header : ""), item;

	while (span_cut(&rest, ',', &item)) {
		item = trim(item);
		if (span_starts(item, SPAN_LITERAL("W/")))
			item = span_skip(item, 2);
		if (span_equal(item, span_of(etag)) || span_equal(item, SPAN_LITERAL("*")))
			return true;
	}
	return false;
}

struct span media_type(const char *content_type)
{
	struct span rest = span_of(content_type ? content_type : ""), type = { "", 0 };

	span_cut(&rest, ';', &type);
	return trim(type);
}

/* Cuts `name=value` or `name="value"` off *@rest, which stands behind a semicolon. */
static bool cut_parameter(struct span *rest, struct span *ret_name, char *to, size_t n)
{
	size_t at = 0, length = 0;

	while (at < rest->n && rest->p[at] != '=' && rest->p[at] != ';')
		at++;
	*ret_name = trim((struct span){ rest->p, at });
	*rest = span_skip(*rest, at + 1);
	bool quoted = rest->n > 0 && rest->p[0] == '"';
	for (at = quoted; at < rest->n && rest->p[at] != (quoted ? '"' : ';'); at++) {
		/* As older clients escape; browsers write %22. */
		if (quoted && rest->p[at] == '\\' && at + 1 < rest->n &&
			(rest->p[at + 1] == '"' || rest->p[at + 1] == '\\'))
			at++;
		if (length + 1 >= n)
			return false;
		to[length++] = rest->p[at];
	}
	if (quoted && at == rest->n)
		return false;
	while (!quoted && length > 0 && is_space(to[length - 1]))
		length--;
	to[length] = '\0';
	while (at < rest->n && rest->p[at] != ';')
		at++;
	*rest = span_skip(*rest, at + 1);
	return memchr(to, '\0', length) == NULL;
}

bool header_parameter(struct span header, const char *name, char *to, size_t n)
{
	struct span found;

	const char *semicolon = memchr(header.p, ';', header.n);
	if (!semicolon)
		return false;
	header = span_skip(header, (size_t)(semicolon - header.p) + 1);
	while (header.n > 0) {
		if (!cut_parameter(&header, &found, to, n))
			return false;
		if (same(found, span_of(name)))
			return true;
	}
	return false;
}
