/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/kv.h"
#include "sys/io.h"
#include "sys/memfd.h"

#include <cmocka.h>

static char buffer[BUNDLE_BLOCK];

static void start(struct bundle_writer *w, int fd, uint64_t limit)
{
	bundle_writer_init(w, fd, limit, buffer, sizeof buffer);
}

static void test_name_check(void **state)
{
	static const struct {
		const char *name;
		int r;
	} cases[] = {
		{ "a", 0 },
		{ "a/b/c.txt", 0 },
		{ "...", 0 },
		{ "..x", 0 },
		{ "-rf", 0 },
		{ "a\nb", 0 },
		{ "\xff\xfe", 0 },
		{ "a\\b", 0 },
		{ "", -EINVAL },
		{ ".", -EINVAL },
		{ "..", -EINVAL },
		{ "/", -EINVAL },
		{ "/a", -EINVAL },
		{ "a/", -EINVAL },
		{ "a//b", -EINVAL },
		{ "a/./b", -EINVAL },
		{ "a/..", -EINVAL },
		{ "../a", -EINVAL },
		{ "a/../../b", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(bundle_name_check(span_of(cases[i].name)), cases[i].r);
	assert_int_equal(bundle_name_check((struct span){ "a\0b", 3 }), -EINVAL);

	char longer[BUNDLE_NAME_MAX + 2];
	memset(longer, 'x', sizeof longer);
	assert_int_equal(bundle_name_check((struct span){ longer, 255 }), 0);
	assert_int_equal(bundle_name_check((struct span){ longer, 256 }), -ENAMETOOLONG);
	for (size_t i = 100; i < sizeof longer; i += 101)
		longer[i] = '/';
	assert_int_equal(bundle_name_check((struct span){ longer, BUNDLE_NAME_MAX }), 0);
	assert_int_equal(
		bundle_name_check((struct span){ longer, BUNDLE_NAME_MAX + 1 }), -ENAMETOOLONG);
}

/* Contents of every length around the padding come back as they went in. */
static void test_round_trip(void **state)
{
	cleanup_fd int fd = memfd_new("test");
	struct bundle_writer w;
	struct bundle_reader r;
	struct bundle_entry e;
	char data[64], name[64];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)(i * 7);
	start(&w, fd, 1 << 20);
	for (size_t n = 0; n < sizeof data; n++) {
		snprintf(name, sizeof name, "dir/%.*s", (int)(n % 9 + 1), "abcdefghi");
		snprintf(name + strlen(name), 8, "%zu", n);
		assert_int_equal(bundle_add(&w, span_of(name), 0640, (struct span){ data, n }), 0);
	}
	assert_int_equal(bundle_add_dir(&w, span_of("dir/empty"), 0750), 0);
	assert_int_equal(bundle_finish(&w), 0);
	assert_int_equal(w.at % BUNDLE_BLOCK, 0);

	struct span all;
	assert_int_equal(memfd_map(fd, &all), 0);
	bundle_reader_init(&r, all);
	for (size_t n = 0; n < sizeof data; n++) {
		assert_int_equal(bundle_next(&r, &e, NULL), 1);
		assert_true(span_equal(e.data, (struct span){ data, n }));
		assert_int_equal(e.mode, S_IFREG | 0640);
	}
	assert_int_equal(bundle_next(&r, &e, NULL), 1);
	assert_int_equal(e.mode, S_IFDIR | 0750);
	assert_true(span_equal(e.name, SPAN_LITERAL("dir/empty")));
	assert_int_equal(bundle_next(&r, &e, NULL), 0);
	memfd_unmap(&all);
}

/* What does not fit is refused before a byte of it is written, and the bundle stays whole. */
static void test_limit(void **state)
{
	cleanup_fd int fd = memfd_new("test");
	static char data[40000];
	struct bundle_writer w;
	struct bundle_reader r;
	struct bundle_entry e;
	struct span all;

	(void)state;
	start(&w, fd, 3 * BUNDLE_BLOCK);
	assert_int_equal(bundle_add(&w, span_of("small"), 0644, SPAN_LITERAL("x")), 0);
	assert_int_equal(
		bundle_add(&w, span_of("large"), 0644, (struct span){ data, sizeof data }), -EFBIG);
	assert_int_equal(
		bundle_add(&w, span_of("sparse"), 0644, (struct span){ NULL, (size_t)1 << 40 }),
		-EFBIG);
	assert_int_equal(bundle_add(&w, span_of("last"), 0644, SPAN_LITERAL("y")), 0);
	assert_int_equal(bundle_finish(&w), 0);
	assert_true(w.at <= 3 * BUNDLE_BLOCK);

	assert_int_equal(memfd_map(fd, &all), 0);
	bundle_reader_init(&r, all);
	assert_int_equal(bundle_next(&r, &e, NULL), 1);
	assert_int_equal(bundle_next(&r, &e, NULL), 1);
	assert_true(span_equal(e.name, SPAN_LITERAL("last")));
	assert_int_equal(bundle_next(&r, &e, NULL), 0);
	memfd_unmap(&all);
}

/* A file that is shorter than its size said is filled up: what follows stays readable. */
static void test_shrunk_file(void **state)
{
	cleanup_fd int fd = memfd_new("test");
	cleanup_fd int from = memfd_new("from");
	struct bundle_writer w;
	struct bundle_reader r;
	struct bundle_entry e;
	struct span all;

	(void)state;
	assert_int_equal(io_write(from, "abc", 3), 0);
	start(&w, fd, 1 << 20);
	assert_int_equal(bundle_add_fd(&w, span_of("f"), 0644, from, 10000), 0);
	assert_int_equal(bundle_add(&w, span_of("g"), 0644, SPAN_LITERAL("z")), 0);
	assert_int_equal(bundle_finish(&w), 0);

	assert_int_equal(memfd_map(fd, &all), 0);
	bundle_reader_init(&r, all);
	assert_int_equal(bundle_next(&r, &e, NULL), 1);
	assert_int_equal(e.data.n, 10000);
	assert_memory_equal(e.data.p, "abc\0\0", 5);
	assert_int_equal(bundle_next(&r, &e, NULL), 1);
	assert_true(span_equal(e.data, SPAN_LITERAL("z")));
	memfd_unmap(&all);
}

static void expect_bad(const char *bytes, size_t n, const char *text)
{
	struct bundle_reader r;
	struct bundle_entry e;
	struct error err = { "" };
	int v;

	bundle_reader_init(&r, (struct span){ bytes, n });
	while ((v = bundle_next(&r, &e, &err)) > 0)
		continue;
	assert_int_equal(v, -EPROTO);
	assert_non_null(strstr(err.text, text));
}

/* One entry as a hostile guest might write it: @fields replace the header's from field @at on. */
static size_t forge(char *to, size_t room, const char *mode, const char *filesize,
	const char *namesize, const char *name, size_t name_n)
{
	int n = snprintf(to, room, "070701%08x%s%08x%08x%08x%08x%s%08x%08x%08x%08x%s%08x", 1, mode,
		0, 0, 1, 0, filesize, 0, 0, 0, 0, namesize, 0);

	memcpy(to + n, name, name_n);
	return (size_t)n + name_n;
}

static void test_hostile(void **state)
{
	char b[512] = "";
	size_t n;

	(void)state;
	expect_bad("", 0, "ends inside a header");
	expect_bad("070702", 6, "ends inside a header");
	memset(b, '0', 200);
	expect_bad(b, 200, "no newc magic");

	n = forge(b, sizeof b, "000081a4", "00000000", "0000000g", "a\0", 2);
	expect_bad(b, n, "not hexadecimal");
	n = forge(b, sizeof b, "000081a4", "00000000", "00000001", "a\0", 2);
	expect_bad(b, n, "size of the name");
	n = forge(b, sizeof b, "000081a4", "00000000", "ffffffff", "a\0", 2);
	expect_bad(b, n, "size of the name");
	n = forge(b, sizeof b, "000081a4", "00000000", "00000400", "a\0", 2);
	expect_bad(b, n, "ends inside a name");
	n = forge(b, sizeof b, "000081a4", "00000000", "00000002", "ab", 2);
	expect_bad(b, n, "without its NUL");
	n = forge(b, sizeof b, "000081a4", "ffffffff", "00000002", "a\0", 2);
	expect_bad(b, n, "ends inside a file");
	n = forge(b, sizeof b, "000081a4", "00000000", "00000006", "../ab\0", 6);
	expect_bad(b, n, "unsafe name");
	n = forge(b, sizeof b, "000081a4", "00000000", "00000006", "a\0bcd\0", 6);
	expect_bad(b, n, "unsafe name");
	n = forge(b, sizeof b, "0000a1ff", "00000000", "00000002", "a\0", 2);
	expect_bad(b, n, "neither a file");
	n = forge(b, sizeof b, "000021ff", "00000000", "00000002", "a\0", 2);
	expect_bad(b, n, "neither a file");
	n = forge(b, sizeof b, "000041ed", "00000001", "00000002", "a\0", 3);
	expect_bad(b, n, "a directory with data");
}

static void test_kv(void **state)
{
	struct span all = SPAN_LITERAL("a=1\nb=x=y\n\nnonsense\nbig=99\n"), v;
	uint64_t n = 7;

	(void)state;
	assert_true(kv_get(all, "b", &v));
	assert_true(span_equal(v, SPAN_LITERAL("x=y")));
	assert_int_equal(kv_get_u64(all, "a", 10, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(kv_get_u64(all, "big", 10, &n), -ERANGE);
	assert_int_equal(kv_get_u64(all, "b", 10, &n), -EINVAL);
	assert_int_equal(kv_get_u64(all, "c", 10, &n), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_check),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_shrunk_file),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_kv),
	};

	return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
