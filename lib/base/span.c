/* SPDX-License-Identifier: MIT */
#include "span.h"

bool span_cut(struct span *rest, char mark, struct span *ret_head)
{
	if (rest->n == 0)
		return false;

	const char *hit = memchr(rest->p, mark, rest->n);
	size_t n = hit ? (size_t)(hit - rest->p) : rest->n;

	*ret_head = (struct span){ rest->p, n };
	*rest = span_skip(*rest, hit ? n + 1 : n);
	return true;
}
