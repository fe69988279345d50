/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>

static int component_check(struct span c)
{
	if (c.n == 0 || span_equal(c, SPAN_LITERAL(".")) || span_equal(c, SPAN_LITERAL("..")))
		return -EINVAL;
	return c.n > BUNDLE_COMPONENT_MAX ? -ENAMETOOLONG : 0;
}

int bundle_name_check(struct span name)
{
	struct span rest = name, component;

	if (name.n == 0 || name.p[name.n - 1] == '/' || memchr(name.p, '\0', name.n))
		return -EINVAL;
	if (name.n > BUNDLE_NAME_MAX)
		return -ENAMETOOLONG;

	while (span_cut(&rest, '/', &component)) {
		int r = component_check(component);
		if (r < 0)
			return r;
	}
	return 0;
}
