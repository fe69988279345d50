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

#include "path.h"

#include <cmocka.h>

static int enter(void **state)
{
	*state = tree_new();
	return *state ? 0 : -1;
}

static int leave(void **state)
{
	tree_free(*state);
	return 0;
}

/* Puts a thing of @mode at @path, a link with its target. */
static struct tree_inode *put(
	struct tree *t, const char *path, uint32_t mode, const char *target, uint32_t layer)
{
	struct tree_inode *i = tree_inode_new(t, mode), *dir;
	struct span name;
	struct error err;

	if (target) {
		i->bytes = target;
		i->size = strlen(target);
	}
	assert_int_equal(tree_lead(t, span_of(path), layer, true, &dir, &name, &err), 0);
	assert_int_equal(tree_add(t, dir, name, i, layer, NULL), 0);
	return i;
}

static void test_names(void **state)
{
	struct tree *t = *state;
	char path[64];

	struct tree_inode *f = put(t, "a/b/f", S_IFREG | 0644, NULL, 0);
	assert_ptr_equal(tree_look(t, "a/b/f")->inode, f);
	assert_ptr_equal(tree_look(t, "./a//b/./f")->inode, f);
	assert_null(tree_look(t, "a/f"));
	assert_null(tree_look(t, "a/b/f/g"));
	assert_int_equal(tree_root(t)->nlink, 3);
	assert_string_equal(tree_path(tree_look(t, "a/b/f"), path, sizeof path), "a/b/f");
	assert_string_equal(tree_path(tree_look(t, "a/b/f"), path, 5), "b/f");

	struct tree_inode *b = tree_look(t, "a/b")->inode;
	assert_int_equal(tree_add(t, b, SPAN_LITERAL("g"), f, 0, NULL), 0);
	assert_int_equal(f->nlink, 2);
	tree_remove(t, tree_look(t, "a"));
	assert_int_equal(f->nlink, 0);
	assert_int_equal(tree_root(t)->nlink, 2);
	assert_null(tree_look(t, "a"));
	assert_null(tree_root(t)->children);
}

static void test_many(void **state)
{
	struct tree *t = *state;
	char name[16];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "f%d", i);
		put(t, name, S_IFREG | 0644, NULL, 0);
	}
	for (int i = 0; i < 5000; i += 2) {
		snprintf(name, sizeof name, "f%d", i);
		tree_remove(t, tree_look(t, name));
	}
	assert_int_equal(tree_root(t)->n_children, 2500);
	assert_null(tree_look(t, "f4998"));
	assert_non_null(tree_look(t, "f4999"));
	assert_int_equal(tree_entries(t), 5000);
}

static void test_paths(void **state)
{
	static const struct {
		const char *path;
		uint32_t layer;
		int r;
		const char *says;
	} cases[] = {
		{ "..", 1, -EINVAL, "leads out" },
		{ "a/../b", 1, -EINVAL, "leads out" },
		{ "file/x", 1, -EINVAL, "no directory" },
		{ "out/x", 1, -EINVAL, "leads out" },
		{ "fresh/x", 1, -EINVAL, "same layer" },
		{ "loop/x", 1, -ELOOP, "too many" },
		{ "in/x", 1, 0, NULL },
		{ "absolute/x", 1, 0, NULL },
		{ "up/x", 1, 0, NULL },
		{ "missing/x", 1, -ENOENT, "does not exist" },
	};
	struct tree *t = *state;

	put(t, "file", S_IFREG | 0644, NULL, 0);
	put(t, "a/b/c", S_IFREG | 0644, NULL, 0);
	put(t, "out", S_IFLNK | 0777, "../etc", 0);
	put(t, "in", S_IFLNK | 0777, "a/./b", 0);
	put(t, "absolute", S_IFLNK | 0777, "/a/b", 0);
	put(t, "up", S_IFLNK | 0777, "a/b/../b", 0);
	put(t, "loop", S_IFLNK | 0777, "loop", 0);
	put(t, "fresh", S_IFLNK | 0777, "a", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tree_inode *dir = NULL;
		struct span name;
		struct error err = { "" };
		int r = tree_lead(
			t, span_of(cases[i].path), cases[i].layer, false, &dir, &name, &err);

		if (r != cases[i].r || (r < 0 && !strstr(err.text, cases[i].says)))
			fail_msg("'%s' gives %d, %s", cases[i].path, r, err.text);
		if (r == 0)
			assert_ptr_equal(dir, tree_look(t, "a/b")->inode);
	}
}

/* A whiteout takes what is older, and leaves what came with it. */
static void test_layers(void **state)
{
	struct tree *t = *state;

	put(t, "d/old", S_IFREG | 0644, NULL, 0);
	put(t, "d/sub/old", S_IFREG | 0644, NULL, 0);
	put(t, "d/sub/new", S_IFREG | 0644, NULL, 1);
	put(t, "e/old", S_IFREG | 0644, NULL, 0);
	tree_remove_older(t, tree_look(t, "d"), 1);
	assert_null(tree_look(t, "d/old"));
	assert_null(tree_look(t, "d/sub/old"));
	assert_non_null(tree_look(t, "d/sub/new"));
	tree_remove_older(t, tree_look(t, "e"), 1);
	assert_null(tree_look(t, "e"));
	tree_remove_older(t, tree_look(t, "d"), 2);
	assert_null(tree_look(t, "d"));
}

static void test_limits(void **state)
{
	struct tree *t = *state;
	struct tree_inode *dir = tree_root(t), *next;
	int r = 0, depth = 0;

	for (; r == 0; depth++, dir = next) {
		next = tree_inode_new(t, S_IFDIR | 0755);
		r = tree_add(t, dir, SPAN_LITERAL("d"), next, 0, NULL);
	}
	assert_int_equal(r, -E2BIG);
	assert_int_equal(depth, TREE_DEPTH_MAX + 1);
	tree_remove(t, tree_root(t)->children);
	assert_int_equal(tree_add(t, tree_root(t), SPAN_LITERAL(""), dir, 0, NULL), -ENAMETOOLONG);
	assert_null(tree_alloc(t, SIZE_MAX - 4));
	assert_null(tree_alloc(t, TREE_ARENA_MAX));
}

static void test_xattrs(void **state)
{
	struct tree *t = *state;
	struct tree_inode *i = tree_root(t);
	static const char *const names[] = { "user.b", "user.a", "user.ab", "user.b" };

	for (size_t k = 0; k < 4; k++)
		assert_int_equal(
			tree_xattr_set(t, i, span_of(names[k]), (struct span){ &"0123"[k], 1 }), 0);
	assert_true(span_equal(i->xattrs->name, SPAN_LITERAL("user.a")));
	assert_true(span_equal(i->xattrs->next->name, SPAN_LITERAL("user.ab")));
	assert_true(span_equal(i->xattrs->next->next->value, SPAN_LITERAL("3")));
	assert_null(i->xattrs->next->next->next);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_many),
		TEST(test_paths),
		TEST(test_layers),
		TEST(test_limits),
		TEST(test_xattrs),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
