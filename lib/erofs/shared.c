/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <errno.h>
#include <stdlib.h>

#include "format.h"

static int compare_spans(struct span a, struct span b)
{
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n ? memcmp(a.p, b.p, a.n) : 0;
}

static int compare(const void *a, const void *b)
{
	const struct tree_xattr *x = *(struct tree_xattr *const *)a;
	const struct tree_xattr *y = *(struct tree_xattr *const *)b;
	int c = compare_spans(x->name, y->name);

	return c ? c : compare_spans(x->value, y->value);
}

static struct tree_xattr **list_all(const struct plan *p, size_t *ret_n)
{
	struct tree_xattr **all, *x;
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		for (x = p->inodes[i].inode->xattrs; x; x = x->next)
			n++;
	all = calloc(n + 1, sizeof(struct tree_xattr *));
	*ret_n = 0;
	for (size_t i = 0; all && i < p->n; i++)
		for (x = p->inodes[i].inode->xattrs; x; x = x->next)
			all[(*ret_n)++] = x;
	return all;
}

static void share(struct plan *p, struct tree_xattr **run, size_t n)
{
	uint32_t bytes = plan_xattr_bytes(run[0]);
	bool shared = n > 1 && bytes > 0;

	for (size_t i = 0; i < n; i++)
		run[i]->shared = shared ? p->shared_bytes : XATTR_INLINE;
	if (!shared)
		return;
	p->shared[p->n_shared++] = (struct plan_xattr){ run[0], p->shared_bytes };
	p->shared_bytes += bytes;
}

int shared_find(struct plan *p)
{
	size_t n;
	struct tree_xattr **all = list_all(p, &n);

	p->shared = calloc(n + 1, sizeof *p->shared);
	if (!all || !p->shared) {
		free(all);
		return -ENOMEM;
	}
	qsort(all, n, sizeof(struct tree_xattr *), compare);
	for (size_t from = 0, i = 1; i <= n; i++) {
		if (i < n && compare(&all[from], &all[i]) == 0)
			continue;
		share(p, all + from, i - from);
		from = i;
	}
	free(all);
	return 0;
}

uint32_t shared_ibody_bytes(const struct plan *p, const struct tree_inode *i)
{
	uint32_t bytes = 0, n = 0;

	(void)p;
	for (struct tree_xattr *x = i->xattrs; x; x = x->next) {
		uint32_t own = plan_xattr_bytes(x);

		if (own == 0)
			continue;
		/* Their number is kept in one byte. */
		if (x->shared != XATTR_INLINE && n == SHARED_MAX)
			x->shared = XATTR_INLINE;
		bytes += x->shared != XATTR_INLINE ? 4 : own;
		n += x->shared != XATTR_INLINE;
	}
	return bytes ? EROFS_XATTR_HEADER_BYTES + bytes : 0;
}
