/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "base/cleanup.h"
#include "gzip.h"
#include "negotiate.h"
#include "proxies.h"

/* Last: its fail() is a macro. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void types(void **state)
{
	static const struct {
		const char *accept, *type;
		int quality;
	} rows[] = {
		{ NULL, "application/json", 1000 },
		{ "*/*", "application/json", 1000 },
		{ "", "application/json", 0 },
		{ "application/json", "application/json", 1000 },
		{ "APPLICATION/JSON", "application/json", 1000 },
		{ "text/html, application/*;q=0.3", "application/json", 300 },
		{ "application/json;q=0, */*", "application/json", 0 },
		{ "*/*;q=0.1,text/*;q=0.2, text/event-stream ; q=0.3", "text/event-stream", 300 },
		{ "text/event-stream;q=2", "text/event-stream", 0 },
		{ "text/event-stream;q=1.5", "text/event-stream", 1000 },
		{ "text/event-stream;q=x", "text/event-stream", 0 },
		{ "text/event-stream;q=0.001", "text/event-stream", 1 },
		{ "text", "text/event-stream", 0 },
		{ "text/*", "text", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (negotiate_type(rows[i].accept, rows[i].type) != rows[i].quality)
			fail_msg("'%s' wants %s at %d", rows[i].accept, rows[i].type,
				negotiate_type(rows[i].accept, rows[i].type));
}

static void encodings(void **state)
{
	(void)state;
	assert_int_equal(negotiate_encoding(NULL, "gzip"), 0);
	assert_int_equal(negotiate_encoding("gzip, br", "gzip"), 1000);
	assert_int_equal(negotiate_encoding("*;q=0.5", "gzip"), 500);
	assert_int_equal(negotiate_encoding("*, gzip;q=0", "gzip"), 0);
	assert_int_equal(negotiate_encoding("gzipped", "gzip"), 0);
}

static void etags(void **state)
{
	(void)state;
	assert_false(negotiate_has_etag(NULL, "\"a\""));
	assert_true(negotiate_has_etag("\"b\", W/\"a\"", "\"a\""));
	assert_true(negotiate_has_etag("*", "\"a\""));
	assert_false(negotiate_has_etag("a", "\"a\""));
}

static bool parameter(const char *header, const char *name, const char *value)
{
	char text[16] = "";

	bool there = header_parameter(span_of(header), name, text, sizeof text);
	return value ? there && strcmp(text, value) == 0 : !there;
}

static void parameters(void **state)
{
	(void)state;
	assert_true(parameter("form-data; name=\"a b\"; filename=c", "name", "a b"));
	assert_true(parameter("form-data; name=\"a b\"; filename=c ", "filename", "c"));
	assert_true(parameter("form-data; NAME=x", "name", "x"));
	assert_true(parameter("form-data; name=\"a;b\\\"c\\\\\"", "name", "a;b\"c\\"));
	assert_true(parameter("form-data; name=\"a", "name", NULL));
	assert_true(parameter("form-data", "name", NULL));
	assert_true(parameter("form-data; name", "name", ""));
	assert_true(parameter("form-data; name=\"0123456789abcdef\"", "name", NULL));
	assert_true(parameter("form-data; xname=a; name=b", "name", "b"));
	assert_true(
		span_equal(media_type(" text/html ; charset=utf-8"), SPAN_LITERAL("text/html")));
	assert_int_equal(media_type(NULL).n, 0);
}

static void clients(void **state)
{
	char one[] = "10.0.0.0/8", two[] = "2001:db8::/32", three[] = "unix", bad[] = "10.0.0.0/33";
	char *list[] = { one, two, three, NULL }, *wrong[] = { bad, NULL };
	static const struct {
		const char *peer, *forwarded, *client;
	} rows[] = {
		{ "192.0.2.1", "198.51.100.1", "192.0.2.1" },
		{ "10.1.1.1", NULL, "10.1.1.1" },
		{ "10.1.1.1", "198.51.100.1", "198.51.100.1" },
		{ "10.1.1.1", "203.0.113.5, 198.51.100.1", "198.51.100.1" },
		{ "10.1.1.1", "198.51.100.1,10.9.9.9", "198.51.100.1" },
		{ "10.1.1.1", "198.51.100.1, nonsense", "10.1.1.1" },
		{ "10.1.1.1", "unix", "10.1.1.1" },
		{ "unix", "[2001:db8::7], 198.51.100.1", "198.51.100.1" },
		{ "2001:db8::1", "[2001:db9::7]", "2001:db9::7" },
		{ "10.1.1.1", "", "10.1.1.1" },
		{ "10.1.1.1", ",", "10.1.1.1" },
	};
	struct proxies *p = NULL;
	struct error err;
	char client[64];

	(void)state;
	assert_int_equal(proxies_new(wrong, &p, &err), -EINVAL);
	assert_non_null(strstr(err.text, "10.0.0.0/33"));
	assert_int_equal(proxies_new(list, &p, &err), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		proxies_client(p, rows[i].peer, rows[i].forwarded, client, sizeof client);
		assert_string_equal(client, rows[i].client);
	}
	proxies_free(p);
}

static void packed(void **state)
{
	static char text[300000], back[sizeof text];
	cleanup_buf struct buf small = { 0 };
	z_stream z = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)("pattern "[i % 8] + (i % 1000 == 0));
	assert_int_equal(gzip_compress((struct span){ text, sizeof text }, &small), 0);
	assert_true(small.n < sizeof text / 10);
	z.next_in = (Bytef *)small.p;
	z.avail_in = (uInt)small.n;
	z.next_out = (Bytef *)back;
	z.avail_out = sizeof back;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	inflateEnd(&z);
	assert_memory_equal(text, back, sizeof text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types),
		cmocka_unit_test(encodings),
		cmocka_unit_test(etags),
		cmocka_unit_test(parameters),
		cmocka_unit_test(clients),
		cmocka_unit_test(packed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
