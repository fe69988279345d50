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

/* 0 to 63; above that for what is no digit. */
static uint32_t value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters with @pad of them '=' at the end; bits that stand for nothing must be zero. */
static int decode_group(const char *p, size_t pad, char *to)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t d = i >= 4 - pad ? 0 : value_of(p[i]);
		if (d > 63)
			return -EINVAL;
		v = v << 6 | d;
	}
	if (v & (((uint32_t)1 << 8 * pad) - 1))
		return -EINVAL;
	to[0] = (char)(v >> 16);
	to[1] = (char)(v >> 8);
	to[2] = (char)v;
	return 0;
}

int base64_decode(struct span s, struct buf *to)
{
	char bytes[CHUNK];
	size_t pad = 0, n = 0;

	if (s.n % 4 != 0)
		return -EINVAL;
	while (pad < 2 && pad < s.n && s.p[s.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < s.n; i += 4) {
		size_t end = i + 4 == s.n ? pad : 0;

		if (decode_group(s.p + i, end, bytes + n) < 0)
			return -EINVAL;
		n += 3 - end;
		if (n + 3 > sizeof bytes || i + 4 == s.n) {
			int r = buf_add(to, bytes, n);
			if (r < 0)
				return r;
			n = 0;
		}
	}
	return 0;
}
