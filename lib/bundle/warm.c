/* SPDX-License-Identifier: MIT */
#include "warm.h"

#include <errno.h>

#include "base/parse.h"

bool warm_next_range(struct span *ranges, uint64_t *ret_first, uint64_t *ret_count)
{
	struct span count, first;

	return span_cut(ranges, ',', &count) && span_cut(&count, '+', &first) &&
	       parse_u64(first, WARM_FILE_PAGES_MAX, ret_first) == 0 &&
	       parse_u64(count, WARM_PAGES_MAX, ret_count) == 0;
}

static bool ranges_valid(struct span ranges)
{
	uint64_t end = 0, first, count;

	while (ranges.n > 0) {
		if (!warm_next_range(&ranges, &first, &count) || count == 0 || first < end)
			return false;
		end = first + count;
	}
	return true;
}

static bool path_valid(struct span path)
{
	struct span part;

	if (path.n == 0 || path.n > WARM_PATH_MAX || path.p[path.n - 1] == '/')
		return false;
	while (span_cut(&path, '/', &part))
		if (part.n == 0 || span_equal(part, SPAN_LITERAL(".")) ||
			span_equal(part, SPAN_LITERAL("..")))
			return false;
	return true;
}

bool warm_next(struct span *rest, struct warm_record *ret, int *ret_error)
{
	struct span path, ranges;

	*ret_error = 0;
	if (rest->n == 0)
		return false;
	bool whole = memchr(rest->p, '\0', rest->n) && span_cut(rest, '\0', &path) &&
		     span_cut(&path, ' ', &ranges) && ranges.n > 0;
	if (whole && span_equal(ranges, SPAN_LITERAL("-")))
		ranges = span_skip(ranges, 1);
	if (!whole || !ranges_valid(ranges) || !path_valid(path)) {
		*ret_error = -EPROTO;
		return false;
	}
	*ret = (struct warm_record){ ranges, path };
	return true;
}
