/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <stdlib.h>

#include "format.h"

static int compare(struct span a, struct span b)
{
	int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static int compare_entries(const void *a, const void *b)
{
	const struct tree_entry *x = *(struct tree_entry *const *)a;
	const struct tree_entry *y = *(struct tree_entry *const *)b;

	return compare((struct span){ x->name, x->name_n }, (struct span){ y->name, y->name_n });
}

int names_sort(struct tree *t, struct tree_inode *dir)
{
	size_t i = 0;

	dir->sorted = tree_alloc(t, (dir->n_children + 1) * sizeof *dir->sorted);
	if (!dir->sorted)
		return -ENOMEM;
	for (struct tree_entry *e = dir->children; e; e = e->next)
		dir->sorted[i++] = e;
	qsort(dir->sorted, i, sizeof *dir->sorted, compare_entries);
	return 0;
}

/* The dots have their place among the rest: '!' is before them. */
static void advance(struct names *n)
{
	static const struct span dots[] = { SPAN_LITERAL("."), SPAN_LITERAL("..") };
	const struct tree_inode *d = n->dir, *parent = d->self ? d->self->dir : d;
	const struct tree_entry *e = n->i < d->n_children ? d->sorted[n->i] : NULL;
	struct span name = e ? (struct span){ e->name, e->name_n } : (struct span){ NULL, 0 };

	n->has_next = true;
	if (n->dots < 2 && (!e || compare(dots[n->dots], name) < 0)) {
		n->next = (struct names_item){ dots[n->dots], n->dots ? parent : d };
		n->dots++;
	} else if (e) {
		n->next = (struct names_item){ name, e->inode };
		n->i++;
	} else {
		n->has_next = false;
	}
}

void names_init(struct names *n, const struct tree_inode *dir)
{
	*n = (struct names){ .dir = dir };
	advance(n);
}

size_t names_block(struct names *n, struct names_item *items, uint32_t *ret_bytes)
{
	size_t count = 0, bytes = 0;

	while (n->has_next && bytes + EROFS_DIRENT_BYTES + n->next.name.n <= EROFS_BLOCK) {
		bytes += EROFS_DIRENT_BYTES + n->next.name.n;
		items[count++] = n->next;
		advance(n);
	}
	*ret_bytes = (uint32_t)bytes;
	return count;
}
