/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "pax.h"
#include "tar.h"
#include "write.h"

#include <cmocka.h>

/* Bytes that come in pieces of @step. */
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

static int write_buf(void *ctx, const void *p, size_t n)
{
	return buf_add(ctx, p, n);
}

static void test_numbers(void **state)
{
	static const struct {
		struct span field;
		int r;
		int64_t value;
	} cases[] = {
		{ SPAN_LITERAL("0000644\0"), 0, 0644 },
		{ SPAN_LITERAL("  644 \0\0"), 0, 0644 },
		{ SPAN_LITERAL("\0\0\0\0"), 0, 0 },
		{ SPAN_LITERAL("644"), 0, 0644 },
		{ SPAN_LITERAL("8"), -EINVAL, 0 },
		{ SPAN_LITERAL("64x"), -EINVAL, 0 },
		{ SPAN_LITERAL("-1"), -EINVAL, 0 },
		{ SPAN_LITERAL("7777777777777777777777"), -ERANGE, 0 },
		{ SPAN_LITERAL("\x80\0\0\0\0\0\0\x01"), 0, 1 },
		{ SPAN_LITERAL("\x80\0\0\0\xff\xff\xff\xff"), 0, 0xffffffff },
		{ SPAN_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff"), 0, -1 },
		{ SPAN_LITERAL("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"), 0, -2 },
		{ SPAN_LITERAL("\x80\0\0\x01\0\0\0\0\0\0\0\0"), -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t v = 0;

		if (tar_number(cases[i].field, &v) != cases[i].r || v != cases[i].value)
			fail_msg("case %zu gives %lld", i, (long long)v);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int r;
		int64_t s;
		uint32_t ns;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "1600000000.5", 0, 1600000000, 500000000 },
		{ "1.000000001", 0, 1, 1 },
		{ "1.0000000019", 0, 1, 1 },
		{ "-1.25", 0, -2, 750000000 },
		{ "-3", 0, -3, 0 },
		{ "1.", 0, 1, 0 },
		{ "", -EINVAL, 0, 0 },
		{ ".5", -EINVAL, 0, 0 },
		{ "1.5x", -EINVAL, 0, 0 },
		{ "1,5", -EINVAL, 0, 0 },
		{ "99999999999999999999", -ERANGE, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t s = 0;
		uint32_t ns = 0;

		if (tar_time(span_of(cases[i].text), &s, &ns) != cases[i].r || s != cases[i].s ||
			ns != cases[i].ns)
			fail_msg("'%s' gives %lld.%u", cases[i].text, (long long)s, ns);
	}
}

static void test_pax(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "x", "no length" },
		{ "99 path=x\n", "no length" },
		{ "9 path=xx", "wrong length" },
		{ "3 =\n", "wrong length" },
		{ "7 path\n", "no value" },
		{ "9 uid=-1\n", "'uid'" },
		{ "20 GNU.sparse.map=1\n", "sparse.map" },
		{ "29 GNU.sparse.numbytes=12345\n", "numbytes" },
	};
	struct pax p = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(
		pax_read(&p,
			SPAN_LITERAL("12 path=a=b\n9 uid=77\n25 SCHILY.xattr.user.a=x\n"
				     "25 SCHILY.xattr.user.a=y\n"
				     "37 LIBARCHIVE.xattr.user.%62=aGVsbG8\n17 comment=abcde\n"),
			&err),
		0);
	assert_int_equal(p.have, PAX_PATH | PAX_UID);
	assert_true(span_equal(p.path, SPAN_LITERAL("a=b")));
	assert_int_equal(p.uid, 77);
	assert_int_equal(p.n_xattrs, 2);
	assert_true(span_equal(p.xattrs[0].value, SPAN_LITERAL("y")));
	assert_true(span_equal(p.xattrs[1].name, SPAN_LITERAL("user.b")));
	assert_true(span_equal(p.xattrs[1].value, SPAN_LITERAL("hello")));
	assert_int_equal(pax_read(&p, SPAN_LITERAL("8 path=\n"), &err), 0);
	assert_int_equal(p.have, PAX_UID);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(pax_read(&p, span_of(bad[i].text), &err), -EPROTO);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", err.text, bad[i].says);
	}
	pax_reset(&p);
}

static const struct tar_xattr xattrs[] = { { SPAN_LITERAL("user.x"), SPAN_LITERAL("v=\n1") } };

static const struct tar_entry entries[] = {
	{ .type = TAR_DIRECTORY, .name = SPAN_LITERAL("./d/"), .mode = 01777, .mtime = 7 },
	{ .type = TAR_FILE,
		.name = SPAN_LITERAL("./f"),
		.mode = 04755,
		.uid = 4000000000u,
		.gid = 5,
		.mtime = -2,
		.mtime_ns = 750000000,
		.size = 5,
		.xattrs = xattrs,
		.n_xattrs = 1 },
	{ .type = TAR_HARD_LINK,
		.name = SPAN_LITERAL("h"),
		.link = SPAN_LITERAL("./f"),
		.mode = 0644 },
	{ .type = TAR_SYMLINK,
		.name = SPAN_LITERAL("s"),
		.mode = 0777,
		.link = SPAN_LITERAL(
			"0123456789012345678901234567890123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789") },
	{ .type = TAR_BLOCK_DEVICE,
		.name = SPAN_LITERAL("b"),
		.major = 8,
		.minor = 70000,
		.mode = 0600 },
	{ .type = TAR_FIFO, .name = SPAN_LITERAL("p"), .mode = 0600, .mtime = 99999999999 },
};

enum { ENTRIES = sizeof entries / sizeof *entries };

static void write_all(struct buf *b)
{
	const struct tar_writer w = { write_buf, b };

	for (size_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(tar_write_entry(&w, &entries[i]), 0);
		if (entries[i].size) {
			assert_int_equal(write_buf(b, "hello", 5), 0);
			assert_int_equal(tar_write_padding(&w, 5), 0);
		}
	}
	assert_int_equal(tar_write_end(&w), 0);
}

static void check_entry(const struct tar_entry *e, const struct tar_entry *want)
{
	assert_int_equal(e->type, want->type);
	assert_true(span_equal(e->name, want->name));
	assert_true(span_equal(e->link, want->link));
	assert_int_equal(e->mode, want->mode);
	assert_int_equal(e->uid, want->uid);
	assert_int_equal(e->gid, want->gid);
	assert_int_equal(e->mtime, want->mtime);
	assert_int_equal(e->mtime_ns, want->mtime_ns);
	assert_int_equal(e->major, want->major);
	assert_int_equal(e->minor, want->minor);
	assert_int_equal(e->size, want->size);
	assert_int_equal(e->n_xattrs, want->n_xattrs);
	for (size_t i = 0; i < want->n_xattrs; i++) {
		assert_true(span_equal(e->xattrs[i].name, want->xattrs[i].name));
		assert_true(span_equal(e->xattrs[i].value, want->xattrs[i].value));
	}
}

/* What was written is read again, however the bytes are cut into pieces. */
static void test_there_and_back(void **state)
{
	static const size_t steps[] = { 1, 7, 511, 512, 513, 4096, 1 << 20 };
	cleanup_buf struct buf b = { 0 };

	(void)state;
	write_all(&b);
	for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
		struct source s = { buf_span(&b), steps[k] };
		cleanup(tar_reader_freep) struct tar_reader *t =
			tar_reader_new((struct stream){ .next = next, .ctx = &s });
		struct error err = { "" };
		struct tar_entry e;

		for (size_t i = 0; i < ENTRIES; i++) {
			char text[6] = "";
			struct span piece;
			uint64_t at;

			if (tar_next(t, &e, &err) != 1)
				fail_msg("entry %zu: %s", i, err.text);
			check_entry(&e, &entries[i]);
			/* Every other time the data is passed over. */
			while (k % 2 == 0 && tar_data(t, &piece, &at, &err) == 1)
				memcpy(text + at, piece.p, piece.n);
			if (k % 2 == 0)
				assert_string_equal(text, e.size ? "hello" : "");
		}
		assert_int_equal(tar_next(t, &e, &err), 0);
		assert_int_equal(tar_next(t, &e, &err), 0);
		assert_int_equal(tar_drain(t, &err), 0);
		assert_int_equal(s.left.n, 0);
	}
}

/* Cut anywhere, an archive gives its entries up to there and then an error, or, between two, an
 * end. */
static void test_cut(void **state)
{
	cleanup_buf struct buf b = { 0 };

	(void)state;
	write_all(&b);
	for (size_t n = 0; n < b.n - 1024; n += 64) {
		struct source s = { { b.p, n }, 4096 };
		cleanup(tar_reader_freep) struct tar_reader *t =
			tar_reader_new((struct stream){ .next = next, .ctx = &s });
		struct error err = { "" };
		struct tar_entry e;
		int r;

		while ((r = tar_next(t, &e, &err)) > 0)
			;
		if (n % 512 != 0)
			assert_int_equal(r, -ENODATA);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_pax),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("tar", tests, NULL, NULL);
}
