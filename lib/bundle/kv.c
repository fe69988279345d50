/* SPDX-License-Identifier: MIT */
#include "kv.h"

#include <errno.h>

#include "base/parse.h"

bool kv_next(struct span *rest, struct span *ret_key, struct span *ret_value)
{
	struct span line;

	if (!span_cut(rest, '\n', &line))
		return false;
	const char *mark = line.n ? memchr(line.p, '=', line.n) : NULL;
	size_t n = mark ? (size_t)(mark - line.p) : 0;

	*ret_key = (struct span){ line.p, n };
	*ret_value = span_skip(line, mark ? n + 1 : 0);
	return true;
}

bool kv_get(struct span all, const char *key, struct span *ret_value)
{
	struct span want = span_of(key), k, v;

	while (kv_next(&all, &k, &v))
		if (span_equal(k, want)) {
			*ret_value = v;
			return true;
		}
	return false;
}

int kv_get_u64(struct span all, const char *key, uint64_t max, uint64_t *ret)
{
	struct span v;

	return kv_get(all, key, &v) ? parse_u64(v, max, ret) : -ENOENT;
}
