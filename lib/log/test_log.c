/* SPDX-License-Identifier: MIT */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "log/log.h"
#include "sys/memfd.h"

#include <cmocka.h>

/* 2026-11-25T10:11:12.345Z */
#define MOMENT ((int64_t)1795601472345678901)

static struct buf line_of(enum log_format format, struct log_field field)
{
	struct buf b = { 0 };

	assert_int_equal(log_format_line(&b, format, MOMENT, LOG_INFO, "request", &field, 1), 0);
	assert_int_equal(buf_add(&b, "", 1), 0);
	return b;
}

static void test_lines(void **state)
{
	const struct log_field fields[] = {
		LOG_N("status", 200),
		LOG_US("wall_ms", 1234567),
		LOG_T("key", "abc/def"),
		LOG_T("nothing", NULL),
		LOG_T("empty", ""),
		LOG_T("agent", "curl 1.0 (\"x\")"),
	};
	cleanup_buf struct buf text = { 0 };
	cleanup_buf struct buf json = { 0 };

	(void)state;
	log_format_line(&text, LOG_LOGFMT, MOMENT, LOG_WARNING, "request", fields, 6);
	buf_add(&text, "", 1);
	assert_string_equal(text.p,
		"time=2026-11-25T10:11:12.345Z level=warning event=request status=200 "
		"wall_ms=1234.567 key=abc/def empty=\"\" agent=\"curl 1.0 (\\\"x\\\")\"\n");
	log_format_line(&json, LOG_JSON, MOMENT, LOG_ERROR, "request", fields, 6);
	buf_add(&json, "", 1);
	assert_string_equal(json.p,
		"{\"time\":\"2026-11-25T10:11:12.345Z\",\"level\":\"error\",\"event\":\"request\","
		"\"status\":200,\"wall_ms\":1234.567,\"key\":\"abc/def\",\"empty\":\"\","
		"\"agent\":\"curl 1.0 (\\\"x\\\")\"}\n");
}

/* Whatever comes, it is one line, and JSON reads it. */
static void test_hostile_values(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\nlevel=error event=forged", "a\nlevel=error event=forged" },
		{ "tab\there\x7f", "tab\there\x7f" },
		{ "quote\" and \\", "quote\" and \\" },
		{ "\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "cut\xe2\x82", "cut\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9", "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9" },
		{ "\xf0\x9f\xa6\x86", "\xf0\x9f\xa6\x86" },
		{ "\x1b[31mred", "\x1b[31mred" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cleanup_buf struct buf json = line_of(LOG_JSON, LOG_T("v", cases[i].in));
		cleanup_buf struct buf text = line_of(LOG_LOGFMT, LOG_T("v", cases[i].in));

		for (const char *c = json.p; c[1]; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		for (const char *c = text.p; c[1]; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		json_t *o = json_loads(json.p, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(o);
		assert_string_equal(json_string_value(json_object_get(o, "v")), cases[i].out);
		json_decref(o);
	}
}

static void test_long_values_are_cut(void **state)
{
	cleanup_free char *s = malloc(100001);

	(void)state;
	assert_non_null(s);
	memset(s, 'x', 100000);
	s[100000] = '\0';
	cleanup_buf struct buf b = line_of(LOG_LOGFMT, LOG_T("v", s));
	assert_in_range(b.n, 4096, 4300);
}

static void test_levels(void **state)
{
	cleanup_fd int fd = memfd_new("log");
	const struct log l = { .fd = fd, .format = LOG_LOGFMT, .level = LOG_WARNING };
	char text[512] = "";

	(void)state;
	log_line(&l, LOG_INFO, "request", LOG_N("n", 1));
	log_line(&l, LOG_WARNING, "disk", LOG_N("n", 2));
	log_line(&l, LOG_ERROR, "fire", LOG_N("n", 3));
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	assert_null(strstr(text, "n=1"));
	assert_non_null(strstr(text, "level=warning event=disk n=2\n"));
	assert_non_null(strstr(text, "level=error event=fire n=3\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_hostile_values),
		cmocka_unit_test(test_long_values_are_cut),
		cmocka_unit_test(test_levels),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
