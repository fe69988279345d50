/* SPDX-License-Identifier: MIT */
#include "sparse.h"

#include <errno.h>
#include <stdlib.h>

#include "base/parse.h"
#include "number.h"

enum {
	FIELD = 12,
};

int sparse_add(struct sparse_map *m, uint64_t at, uint64_t n)
{
	if (m->n >= TAR_SPARSE_MAX)
		return -E2BIG;
	if (m->n == m->room) {
		size_t room = m->room ? 2 * m->room : 16;
		struct sparse_piece *v = reallocarray(m->v, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		m->v = v;
		m->room = room;
	}
	m->v[m->n++] = (struct sparse_piece){ at, n };
	return 0;
}

int sparse_read_list(struct sparse_map *m, struct span text)
{
	struct span at, n;

	while (span_cut(&text, ',', &at)) {
		uint64_t a, b;

		if (!span_cut(&text, ',', &n) || parse_u64(at, TAR_FILE_MAX, &a) < 0 ||
			parse_u64(n, TAR_FILE_MAX, &b) < 0)
			return -EINVAL;
		int r = sparse_add(m, a, b);
		if (r < 0)
			return r;
	}
	return 0;
}

int sparse_read_fields(struct sparse_map *m, struct span f)
{
	for (; f.n >= (size_t)2 * FIELD && f.p[0] != '\0'; f = span_skip(f, (size_t)2 * FIELD)) {
		int64_t at, n;

		if (tar_number((struct span){ f.p, FIELD }, &at) < 0 || at < 0 ||
			tar_number((struct span){ f.p + FIELD, FIELD }, &n) < 0 || n < 0)
			return -EINVAL;
		int r = sparse_add(m, (uint64_t)at, (uint64_t)n);
		if (r < 0)
			return r;
	}
	return 0;
}

int sparse_check(const struct sparse_map *m, uint64_t size, uint64_t stored)
{
	uint64_t end = 0, sum = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].at < end || m->v[i].n > size || m->v[i].at > size - m->v[i].n)
			return -EINVAL;
		end = m->v[i].at + m->v[i].n;
		sum += m->v[i].n;
	}
	return sum == stored ? 0 : -EINVAL;
}

void sparse_done(struct sparse_map *m)
{
	free(m->v);
	*m = (struct sparse_map){ 0 };
}
