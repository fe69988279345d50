/* SPDX-License-Identifier: MIT */
#include "base64.h"

#include <errno.h>
#include <stdint.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { CHUNK = 3 << 10 };

static size_t encode_chunk(const unsigned char *p, size_t n, char *to)
{
	char *at = to;

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)(left > 1 ? p[i + 1] : 0) << 8 |
			     (left > 2 ? p[i + 2] : 0);

		*at++ = digits[v >> 18];
		*at++ = digits[v >> 12 & 63];
		*at++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[v & 63] : '=';
	}
	return (size_t)(at - to);
}

int base64_encode(struct span s, struct buf *to)
{
	char text[CHUNK / 3 * 4];

	while (s.n > 0) {
		size_t n = s.n < CHUNK ? s.n : CHUNK;
		int r = buf_add(to, text, encode_chunk((const unsigned char *)s.p, n, text));

		if (r < 0)
			return r;
		s = span_skip(s, n);
	}
	return 0;
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Four characters that become one to three bytes. */
struct group {
	uint32_t bits;
	unsigned int n, padding;
};

static int add_char(struct group *g, char c)
{
	int value = value_of(c);

	if (c == '=' && g->n >= 2)
		g->padding++;
	else if (value < 0 || g->padding > 0)
		return -EINVAL;
	g->bits = g->bits << 6 | (uint32_t)(value < 0 ? 0 : value);
	g->n++;
	return 0;
}

static int add_bytes(const struct group *g, struct buf *ret)
{
	const char bytes[] = { (char)(g->bits >> 16), (char)(g->bits >> 8), (char)g->bits };
	uint32_t lost = g->bits & ((1U << (8 * g->padding)) - 1);

	if (lost)
		return -EINVAL;
	return ret ? buf_add(ret, bytes, 3 - g->padding) : 0;
}

int base64_decode(struct span text, struct buf *ret)
{
	struct group g = { 0 };

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		int r = g.n == 4 && g.padding ? -EINVAL : 0;
		if (g.n == 4)
			g = (struct group){ 0 };
		if (r == 0)
			r = add_char(&g, c);
		if (r == 0 && g.n == 4)
			r = add_bytes(&g, ret);
		if (r < 0)
			return r;
	}
	return g.n % 4 == 0 ? 0 : -EINVAL;
}
