/* SPDX-License-Identifier: MIT */
/* Archives of strangers become a tree: whatever they say, every name in it is one, and nothing is
 * larger than the limits. Contents go nowhere. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "tar/tar.h"
#include "tree/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says how the rest is cut into pieces. */
struct source {
	struct span left;
	size_t step;
};

static int next(void *ctx, struct span *ret, struct error *err)
{
	struct source *s = ctx;
	size_t n = s->left.n < s->step ? s->left.n : s->step;

	(void)err;
	*ret = (struct span){ s->left.p, n };
	s->left = span_skip(s->left, n);
	return n > 0;
}

static void read_data(struct tar_reader *t, const struct tar_entry *e)
{
	struct span piece;
	uint64_t at, end = 0;
	struct error err;

	while (tar_data(t, &piece, &at, &err) > 0) {
		if (at < end || at + piece.n > e->size)
			abort();
		end = at + piece.n;
	}
}

static void put(struct tree *t, const struct tar_entry *e)
{
	struct tree_inode *dir, *i = tree_inode_new(t, S_IFREG | e->mode);
	struct span name;
	struct error err;

	if (!i || tree_lead(t, e->name, 0, true, &dir, &name, &err) < 0 || name.n == 0)
		return;
	if (memchr(name.p, '/', name.n) || memchr(name.p, '\0', name.n))
		abort();
	struct tree_entry *old = tree_find(t, dir, name);
	if (old)
		tree_remove(t, old);
	tree_add(t, dir, name, i, 0, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct source s = { { (const char *)data + 1, size - 1 }, 1 + (size_t)data[0] * 16 };
	cleanup(tar_reader_freep) struct tar_reader *t =
		tar_reader_new((struct stream){ .next = next, .ctx = &s });
	cleanup(tree_freep) struct tree *tree = tree_new();
	struct tar_entry e;
	struct error err;

	while (t && tree && tar_next(t, &e, &err) > 0) {
		if (e.size > TAR_FILE_MAX || e.n_xattrs > TAR_XATTRS_MAX)
			abort();
		if (data[0] & 1)
			read_data(t, &e);
		put(tree, &e);
	}
	return 0;
}
