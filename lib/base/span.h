/* SPDX-License-Identifier: MIT */
/* A run of bytes that somebody else owns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
	const char *p;
	size_t n;
};

#define SPAN_LITERAL(s) ((struct span){ (s), sizeof(s) - 1 })

static inline struct span span_of(const char *s)
{
	return (struct span){ s, strlen(s) };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline struct span span_skip(struct span s, size_t n)
{
	return n > s.n ? (struct span){ s.p + s.n, 0 } : (struct span){ s.p + n, s.n - n };
}

/*
 * Cuts the bytes before the first @mark off the front of *@rest into *@ret_head; the mark is
 * dropped. Without a mark the head is all of it. False when nothing was left.
 */
bool span_cut(struct span *rest, char mark, struct span *ret_head);
