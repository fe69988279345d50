/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "format.h"
#include "hash/sha256.h"
#include "base/cleanup.h"
#include "read.h"
#include "tree/path.h"
#include "write.h"

#include <cmocka.h>

enum { SMALL = 300, MANY = 2000 };

static char small[SMALL], long_link[4000];
static const struct tree_data data = { .block = 77, .sha256 = { 1, 2, 3 } };

static struct tree_inode *put(struct tree *t, const char *path, uint32_t mode)
{
	struct tree_inode *i = tree_inode_new(t, mode), *dir;
	struct span name;

	assert_int_equal(tree_lead(t, span_of(path), 0, true, &dir, &name, NULL), 0);
	assert_int_equal(tree_add(t, dir, name, i, 0, NULL), 0);
	i->mtime = 1000;
	return i;
}

static struct tree *make_tree(void)
{
	struct tree *t = tree_new();
	struct tree_inode *i;
	char name[32];

	memset(small, 's', sizeof small);
	memset(long_link, 'l', sizeof long_link);
	i = put(t, "small", S_IFREG | 04755);
	i->bytes = small;
	i->size = sizeof small;
	i->uid = 70000;
	i = put(t, "data", S_IFREG | 0600);
	i->data = &data;
	i->size = 1234567;
	i->mtime = -5;
	i->mtime_ns = 999999999;
	tree_add(t, tree_root(t), SPAN_LITERAL("again"), i, 0, NULL);
	tree_xattr_set(t, i, SPAN_LITERAL("user.a"), SPAN_LITERAL("1"));
	tree_xattr_set(t, i, SPAN_LITERAL("security.capability"), SPAN_LITERAL("\1\0\0\2"));
	i = put(t, "shares", S_IFREG | 0600);
	tree_xattr_set(t, i, SPAN_LITERAL("user.a"), SPAN_LITERAL("1"));
	tree_xattr_set(t, i, SPAN_LITERAL("com.example"), SPAN_LITERAL("cannot be kept"));
	i = put(t, "!link", S_IFLNK | 0777);
	i->bytes = long_link;
	i->size = sizeof long_link;
	i = put(t, "device", S_IFBLK | 0660);
	i->major = 0xabc;
	i->minor = 0xfedcb;
	put(t, "fifo", S_IFIFO | 0600);
	for (int k = 0; k < MANY; k++) {
		snprintf(name, sizeof name, "many/f%d", k);
		put(t, name, S_IFREG | 0644);
	}
	return t;
}

/* What a walk has seen. */
struct seen {
	const struct erofs_reader *r;
	size_t names, again, many, xattrs;
	char xattr[64];
};

static int see_xattr(void *ctx, struct span name, struct span value, struct error *err)
{
	struct seen *s = ctx;

	(void)err;
	s->xattrs++;
	if (span_equal(name, SPAN_LITERAL("user.a")))
		snprintf(s->xattr, sizeof s->xattr, "%.*s", (int)value.n, value.p);
	return 0;
}

static int see(void *ctx, const struct erofs_name *name, struct error *err)
{
	struct seen *s = ctx;
	const struct erofs_node *n = name->node;

	s->names++;
	s->again += name->again;
	s->many += span_starts(name->path, SPAN_LITERAL("many/f"));
	if (span_equal(name->path, SPAN_LITERAL("small"))) {
		assert_int_equal(n->mode, S_IFREG | 04755);
		assert_int_equal(n->uid, 70000);
		assert_int_equal(n->tail.n, SMALL);
		assert_memory_equal(n->tail.p, small, SMALL);
	} else if (span_equal(name->path, SPAN_LITERAL("data"))) {
		assert_true(n->is_data);
		assert_int_equal(n->block, 77);
		assert_int_equal(n->size, 1234567);
		assert_int_equal(n->mtime, -5);
		assert_int_equal(n->mtime_ns, 999999999);
		assert_int_equal(n->nlink, 2);
		assert_int_equal(erofs_xattrs(s->r, n, see_xattr, s, err), 0);
		assert_int_equal(s->xattrs, 2);
		assert_string_equal(s->xattr, "1");
	} else if (span_equal(name->path, SPAN_LITERAL("!link"))) {
		assert_int_equal(n->size, sizeof long_link);
		assert_true(n->head.n + n->tail.n == sizeof long_link);
	} else if (span_equal(name->path, SPAN_LITERAL("device"))) {
		assert_int_equal(n->major, 0xabc);
		assert_int_equal(n->minor, 0xfedcb);
	} else if (span_equal(name->path, SPAN_LITERAL("many"))) {
		assert_true(n->head.n >= EROFS_BLOCK);
		assert_int_equal(n->mtime, 0);
	}
	return 0;
}

static void test_there_and_back(void **state)
{
	cleanup(tree_freep) struct tree *t = make_tree();
	struct erofs_metadata m;
	struct erofs_reader r;
	struct error err = { "" };

	(void)state;
	assert_int_equal(erofs_write(t, &m, &err), 0);
	assert_int_equal(m.n % EROFS_BLOCK, 0);
	assert_int_equal(m.n_refs, 1);
	assert_int_equal(erofs_place(&m, &err), 0);
	assert_int_equal(get32(m.p + EROFS_DEVICE_BLOCKS_AT), 77 + (1234567 + 4095) / 4096);

	assert_int_equal(erofs_open(&r, (struct span){ m.p, m.n }, &err), 0);
	struct seen s = { .r = &r };
	if (erofs_walk(&r, see, &s, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(s.names, 1 + 8 + MANY);
	assert_int_equal(s.again, 1);
	assert_int_equal(s.many, MANY);
	/* Packed: 32 bytes of inode and 17 to 20 of name for each of the many. */
	assert_true(m.n < MANY * 60 + 10 * EROFS_BLOCK);
	erofs_metadata_done(&m);
}

/* The same tree gives the same bytes; the digest depends on contents, not on where they are. */
static void test_digest(void **state)
{
	cleanup(tree_freep) struct tree *a = make_tree(), *b = make_tree();
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	unsigned char one[32], other[32];
	struct tree_data moved = data;
	struct erofs_metadata m, n;
	struct error err = { "" };

	(void)state;
	moved.block = 99;
	tree_look(b, "data")->inode->data = &moved;
	assert_int_equal(erofs_write(a, &m, &err), 0);
	assert_int_equal(erofs_write(b, &n, &err), 0);
	assert_int_equal(m.n, n.n);
	assert_memory_equal(m.p, n.p, n.n);
	erofs_digest(&m, h, one);
	erofs_digest(&n, h, other);
	assert_memory_equal(one, other, 32);
	moved.sha256[0]++;
	erofs_digest(&n, h, other);
	assert_memory_not_equal(one, other, 32);
	moved.block = (uint64_t)UINT32_MAX - 2;
	assert_int_equal(erofs_place(&n, &err), -E2BIG);
	erofs_metadata_done(&m);
	erofs_metadata_done(&n);
}

static int nothing(void *ctx, const struct erofs_name *name, struct error *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	return 0;
}

/* Whatever byte is changed, reading ends, in the file. */
static void test_broken(void **state)
{
	cleanup(tree_freep) struct tree *t = tree_new();
	struct erofs_metadata m;
	struct erofs_reader r;
	struct error err = { "" };
	size_t refused = 0;

	(void)state;
	put(t, "d/e/f", S_IFREG | 0644);
	put(t, "d/e/g", S_IFREG | 0644)->data = &data;
	tree_look(t, "d/e/g")->inode->size = 5;
	assert_int_equal(erofs_write(t, &m, &err), 0);
	for (size_t i = EROFS_SUPER_AT; i < m.n; i++) {
		for (int k = 0; k < 3; k++) {
			char before = m.p[i];

			m.p[i] = (char[]){ (char)0xff, (char)(before + 1), (char)(before ^ 64) }[k];
			int e = erofs_open(&r, (struct span){ m.p, m.n }, &err);
			if (e == 0)
				e = erofs_walk(&r, nothing, NULL, &err);
			refused += e < 0;
			m.p[i] = before;
		}
	}
	assert_true(refused > 200);
	assert_int_equal(erofs_open(&r, (struct span){ m.p, m.n - EROFS_BLOCK }, &err), -EINVAL);
	assert_int_equal(erofs_open(&r, (struct span){ m.p, 100 }, &err), -EINVAL);
	erofs_metadata_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_broken),
	};

	return cmocka_run_group_tests_name("erofs", tests, NULL, NULL);
}
