/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/parse.h"
#include "base/strv.h"

#include <cmocka.h>
#undef fail /* cmocka's; ours is what is tested */

static void test_parse_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", UINT64_MAX, 0, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -ERANGE, 7 },
		{ "99999999999999999999999", UINT64_MAX, -ERANGE, 7 },
		{ "256", 255, -ERANGE, 7 },
		{ "255", 255, 0, 255 },
		{ "", UINT64_MAX, -EINVAL, 7 },
		{ "-1", UINT64_MAX, -EINVAL, 7 },
		{ "+1", UINT64_MAX, -EINVAL, 7 },
		{ " 1", UINT64_MAX, -EINVAL, 7 },
		{ "1 ", UINT64_MAX, -EINVAL, 7 },
		{ "0x10", UINT64_MAX, -EINVAL, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 7;
		assert_int_equal(parse_u64(span_of(cases[i].text), cases[i].max, &v), cases[i].r);
		assert_int_equal(v, cases[i].value);
	}
}

static void test_parse_hex(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(parse_hex(span_of("00fF"), &v), 0);
	assert_int_equal(v, 255);
	assert_int_equal(parse_hex(span_of("ffffffffffffffff"), &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(parse_hex(span_of("0ffffffffffffffff"), &v), -EINVAL);
	assert_int_equal(parse_hex(span_of("12g4"), &v), -EINVAL);
	assert_int_equal(parse_hex(span_of(""), &v), -EINVAL);
}

static void test_parse_size(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t bytes;
	} cases[] = {
		{ "1", 0, 1 },
		{ "1k", 0, 1024 },
		{ "16M", 0, 16 << 20 },
		{ "16MiB", 0, 16 << 20 },
		{ "1gb", 0, 1 << 30 },
		{ "0", 0, 0 },
		{ "17B", 0, 17 },
		{ "M", -EINVAL, 7 },
		{ "1.5G", -EINVAL, 7 },
		{ "1T", -EINVAL, 7 },
		{ "1MM", -EINVAL, 7 },
		{ "-1M", -EINVAL, 7 },
		{ "1Mibi", -EINVAL, 7 },
		{ "18446744073709551615K", -ERANGE, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 7;
		assert_int_equal(parse_size(span_of(cases[i].text), &v), cases[i].r);
		assert_int_equal(v, cases[i].bytes);
	}
}

static void test_parse_duration(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t ms;
	} cases[] = {
		{ "10", 0, 10000 },
		{ "2.5", 0, 2500 },
		{ "0.001", 0, 1 },
		{ "1.2345", 0, 1234 },
		{ "500ms", 0, 500 },
		{ "3s", 0, 3000 },
		{ "2m", 0, 120000 },
		{ "1.5ms", -EINVAL, 7 },
		{ "1.", -EINVAL, 7 },
		{ ".5", -EINVAL, 7 },
		{ "", -EINVAL, 7 },
		{ "abc", -EINVAL, 7 },
		{ "1h", 0, 3600000 },
		{ "30d", 0, 2592000000 },
		{ "1.5h", -EINVAL, 7 },
		{ "1w", -EINVAL, 7 },
		{ "18446744073709551615", -ERANGE, 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t v = 7;
		assert_int_equal(parse_duration_ms(span_of(cases[i].text), &v), cases[i].r);
		assert_int_equal(v, cases[i].ms);
	}
}

static void test_format_size(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(format_size(buf, sizeof buf, 0), "0 B");
	assert_string_equal(format_size(buf, sizeof buf, 1023), "1023 B");
	assert_string_equal(format_size(buf, sizeof buf, 1536), "1.5 KiB");
	assert_string_equal(format_size(buf, sizeof buf, 1 << 30), "1.0 GiB");
	assert_string_equal(format_size(buf, sizeof buf, 64 << 20), "64 MiB");
}

static void test_span_cut(void **state)
{
	struct span rest = SPAN_LITERAL("a::b:"), head;

	(void)state;
	assert_true(span_cut(&rest, ':', &head));
	assert_true(span_equal(head, SPAN_LITERAL("a")));
	assert_true(span_cut(&rest, ':', &head));
	assert_int_equal(head.n, 0);
	assert_true(span_cut(&rest, ':', &head));
	assert_true(span_equal(head, SPAN_LITERAL("b")));
	assert_false(span_cut(&rest, ':', &head));
}

static void test_strv(void **state)
{
	cleanup_strv struct strv l = { 0 };

	(void)state;
	assert_int_equal(strv_set(&l, "A=1"), 0);
	assert_int_equal(strv_set(&l, "AB=2"), 0);
	assert_int_equal(strv_set(&l, "A=3"), 0);
	assert_int_equal(strv_addf(&l, "C=%d", 4), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0], "A=3");
	assert_string_equal(strv_get(&l, "AB"), "2");
	assert_null(strv_get(&l, "B"));
	assert_null(l.v[3]);
}

static void test_buf(void **state)
{
	cleanup_buf struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_addf(&b, "%03d,", i), 0);
	assert_int_equal(b.n, 4000);
	assert_memory_equal(b.p + 3996, "999,", 4);
}

static void test_error(void **state)
{
	struct error err;

	(void)state;
	assert_int_equal(fail(&err, -ENOENT, "open '%s'", "x"), -ENOENT);
	assert_string_equal(err.text, "open 'x': No such file or directory");
	assert_int_equal(refuse(&err, -EINVAL, "no"), -EINVAL);
	assert_string_equal(err.text, "no");
	assert_int_equal(fail(NULL, -EIO, "nobody reads this"), -EIO);

	char longer[2000];
	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(fail(&err, -EIO, "%s", longer), -EIO);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void test_base64(void **state)
{
	static const struct {
		const char *text;
		struct span bytes; /* p NULL: refused */
	} rows[] = {
		{ "", SPAN_LITERAL("") },
		{ "Zg==", SPAN_LITERAL("f") },
		{ "Zm8=", SPAN_LITERAL("fo") },
		{ "Zm9v", SPAN_LITERAL("foo") },
		{ "Zm9vYmFy", SPAN_LITERAL("foobar") },
		{ " Zm9v\r\n\tYm\nFy ", SPAN_LITERAL("foobar") },
		{ "AP//+/8A", SPAN_LITERAL("\0\xff\xff\xfb\xff\0") },
		{ "Zg", { 0 } },
		{ "Zg=", { 0 } },
		{ "Zg===", { 0 } },
		{ "Zh==", { 0 } }, /* bits that would be lost */
		{ "Zm9=", { 0 } },
		{ "=", { 0 } },
		{ "Z===", { 0 } },
		{ "Zg==Zg==", { 0 } },
		{ "Zg==A", { 0 } },
		{ "Z=g=", { 0 } },
		{ "Zm9_", { 0 } },
		{ "Zm9v\xc3", { 0 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cleanup_buf struct buf b = { 0 };
		struct span text = span_of(rows[i].text);
		int expected = rows[i].bytes.p ? 0 : -EINVAL;

		assert_int_equal(base64_decode(text, NULL), expected);
		assert_int_equal(base64_decode(text, &b), expected);
		if (expected == 0)
			assert_true(span_equal(buf_span(&b), rows[i].bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_parse_u64),
		cmocka_unit_test(test_parse_hex),
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_duration),
		cmocka_unit_test(test_format_size),
		cmocka_unit_test(test_span_cut),
		cmocka_unit_test(test_strv),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_error),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
