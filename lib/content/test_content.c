/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "content.h"
#include "sweep.h"
#include "sys/io.h"

#include <cmocka.h>

enum { BIG = 5 << 20 };

/* Each test has a directory of its own, and stands in it. */
static int enter(void **state)
{
	char *dir = strdup("/tmp/test-content-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) ? chdir(dir) : -1;
}

static int leave(void **state)
{
	cleanup_free char *dir = *state;

	unlink("data");
	unlink("index");
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static struct contents *open_here(void)
{
	struct contents *c = NULL;
	struct error err = { "" };
	cleanup_fd int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (contents_open(dir, "here", &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

/* Adds @size bytes of @b in pieces of @step. */
static struct tree_data add(struct contents *c, char b, size_t size, size_t step)
{
	cleanup_free char *bytes = malloc(size);
	struct tree_data d;
	struct error err;

	assert_non_null(bytes);
	memset(bytes, b, size);
	assert_int_equal(contents_begin(c, size, &err), 0);
	for (size_t at = 0; at < size; at += step)
		assert_int_equal(
			contents_piece(c, at,
				(struct span){ bytes + at, size - at < step ? size - at : step },
				&err),
			0);
	assert_int_equal(contents_end(c, &d, &err), 0);
	return d;
}

static void commit(struct contents *c, const uint64_t *blocks, size_t n)
{
	struct error err = { "" };

	if (contents_commit(c, blocks, n, &err) < 0)
		fail_msg("%s", err.text);
	contents_close(c);
}

static off_t size_of(const char *path)
{
	struct stat st = { 0 };

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void check(const struct tree_data *d, char b, size_t size)
{
	cleanup_fd int fd = open("data", O_RDONLY | O_CLOEXEC);
	cleanup_free char *bytes = malloc(size);

	assert_non_null(bytes);
	assert_int_equal(io_pread(fd, bytes, size, (off_t)d->block * 4096), size);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != b)
			fail_msg("byte %zu is '%c', not '%c'", i, bytes[i], b);
}

static void test_once(void **state)
{
	struct contents *c = open_here();
	uint64_t bytes, fresh;

	(void)state;
	struct tree_data a = add(c, 'a', 5000, 1000), big = add(c, 'b', BIG, 65536);
	struct tree_data again = add(c, 'a', 5000, 4999), big2 = add(c, 'b', BIG, 1 << 20);
	struct tree_data last = add(c, 'c', 1, 1);
	assert_int_equal(a.block, 0);
	assert_int_equal(big.block, 2);
	assert_int_equal(again.block, 0);
	assert_int_equal(big2.block, 2);
	assert_int_equal(last.block, 2 + BIG / 4096);
	contents_count(c, &bytes, &fresh);
	assert_int_equal(bytes, 2 * 5000 + 2 * BIG + 1);
	assert_int_equal(fresh, 5000 + BIG + 1);
	commit(c, (uint64_t[]){ 0, 2, last.block }, 3);
	assert_int_equal(size_of("data"), (3 + BIG / 4096) * 4096);
	assert_int_equal(size_of("index"), 3 * 64);
	check(&a, 'a', 5000);
	check(&big, 'b', BIG);

	c = open_here();
	again = add(c, 'a', 5000, 5000);
	assert_int_equal(again.block, 0);
	struct tree_data next = add(c, 'd', 10, 10);
	assert_int_equal(next.block, last.block + 1);
	commit(c, (uint64_t[]){ 0, next.block }, 2);
	check(&next, 'd', 10);
}

/* Holes are zeros, also where a large content was before that turned out to be known. */
static void test_holes(void **state)
{
	struct contents *c = open_here();
	struct tree_data d;
	struct error err;
	static const char zeros[4096];

	(void)state;
	add(c, 'b', BIG, BIG);
	add(c, 'b', BIG, BIG);
	assert_int_equal(contents_begin(c, BIG, &err), 0);
	assert_int_equal(contents_piece(c, BIG - 10, SPAN_LITERAL("0123456789"), &err), 0);
	assert_int_equal(contents_end(c, &d, &err), 0);
	assert_int_equal(contents_begin(c, 9000, &err), 0);
	assert_int_equal(contents_piece(c, 8000, SPAN_LITERAL("x"), &err), 0);
	struct tree_data small;
	assert_int_equal(contents_end(c, &small, &err), 0);
	char bytes[4096];
	assert_int_equal(contents_read(c, &d, bytes, 4096, 4096), 4096);
	assert_memory_equal(bytes, zeros, 4096);
	assert_int_equal(contents_read(c, &small, bytes, 2, 7999), 2);
	assert_memory_equal(bytes, "\0x", 2);
	contents_close(c);
	assert_int_equal(size_of("data"), 0);
}

static void test_unneeded(void **state)
{
	struct contents *c = open_here();

	(void)state;
	add(c, 'a', 5000, 5000);
	struct tree_data b = add(c, 'b', 5000, 5000);
	add(c, 'c', 5000, 5000);
	commit(c, &b.block, 1);
	assert_int_equal(size_of("data"), 4 * 4096);
	assert_int_equal(size_of("index"), 64);
	check(&b, 'b', 5000);
	c = open_here();
	assert_int_equal(add(c, 'a', 5000, 5000).block, 4);
	contents_close(c);
}

static void test_sweep(void **state)
{
	struct contents *c = open_here();
	struct sweep_result r = { 0 };
	struct error err = { "" };

	(void)state;
	uint64_t blocks[4];
	for (int i = 0; i < 4; i++)
		blocks[i] = add(c, (char)('a' + i), 100000, 4096).block;
	commit(c, blocks, 4);
	cleanup_fd int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct sweep_range live[] = { { blocks[2], 100000 }, { blocks[1], 100000 } };
	if (contents_sweep(dir, "here", live, 2, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(r.contents, 2);
	assert_int_equal(r.freed, 2 * 25 * 4096);
	assert_int_equal(size_of("data"), 3 * 25 * 4096);
	assert_int_equal(size_of("index"), 2 * 64);
	check(&(struct tree_data){ .block = blocks[1] }, 'b', 100000);
	check(&(struct tree_data){ .block = blocks[2] }, 'c', 100000);
	check(&(struct tree_data){ .block = blocks[0] }, '\0', 100000);

	/* What is damaged is not found again, but what it takes is known. */
	assert_int_equal(contents_forget(dir, "here", &blocks[2], 1, &err), 0);
	c = open_here();
	assert_int_equal(add(c, 'b', 100000, 4096).block, blocks[1]);
	assert_int_equal(add(c, 'c', 100000, 4096).block, blocks[3]);
	contents_close(c);
	assert_int_equal(contents_sweep(dir, "here", NULL, 0, &r, &err), 0);
	assert_int_equal(size_of("data") + size_of("index"), 0);
}

/* Any record of the index may be broken: no content is taken for another, and none is cut off. */
static void test_damaged_index(void **state)
{
	(void)state;
	for (int at = 0; at < 192; at += 5) {
		struct contents *c = open_here();
		uint64_t blocks[3];
		char byte;

		for (int i = 0; i < 3; i++)
			blocks[i] = add(c, (char)('a' + i), 5000, 5000).block;
		commit(c, blocks, 3);
		cleanup_fd int fd = open("index", O_RDWR | O_CLOEXEC);
		assert_int_equal(io_pread(fd, &byte, 1, at), 1);
		byte = (char)(byte ^ 8);
		assert_int_equal(io_pwrite(fd, &byte, 1, at), 0);

		c = open_here();
		struct tree_data d = add(c, 'd', 5000, 5000), b = add(c, 'b', 5000, 5000);
		assert_true(d.block >= 6);
		assert_true(b.block == 2 || b.block >= 6);
		contents_close(c);
		check(&(struct tree_data){ .block = 4 }, 'c', 5000);
		unlink("data");
		unlink("index");
	}
}

static void test_short_data(void **state)
{
	struct contents *c = open_here();
	struct error err = { "" };

	(void)state;
	uint64_t block = add(c, 'a', 50000, 50000).block;
	commit(c, &block, 1);
	assert_int_equal(truncate("data", 4096), 0);
	cleanup_fd int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(contents_open(dir, "here", &c, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'here/data' is damaged"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_once),
		TEST(test_holes),
		TEST(test_unneeded),
		TEST(test_sweep),
		TEST(test_damaged_index),
		TEST(test_short_data),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
