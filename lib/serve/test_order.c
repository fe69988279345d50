/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "order.h"
#include "upload.h"

/* Last: its fail() is a macro. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct order_limits limits = {
	.usual = { 10000, 1 << 30, 1 << 24, 1 << 24, 1 << 26, 256 },
	.most = { 60000, 1u << 31, 1 << 10, 1 << 25, 1 << 27, 512 },
};

static void whole(void **state)
{
	static const char text[] = "{\"image\":\"gcc\",\"argv\":[\"a\",\"b\"],\"env\":{\"K\":\"V="
				   "W\"},\"cwd\":\"/c\",\"user\":\"u\","
				   "\"hostname\":\"h\",\"stdin_base64\":\"AAE=\",\"cache\":\"off\","
				   "\"limits\":{\"pids\":3,\"timeout_ms\":7},"
				   "\"files\":[{\"name\":\"f\",\"text\":\"x\\u0000\",\"mode\":448},"
				   "{\"name\":\"d\",\"directory\":true}]}";
	struct order o = { 0 };
	struct order_fault fault;

	(void)state;
	assert_int_equal(order_read(span_of(text), &limits, &o, &fault), 0);
	assert_int_equal(order_check(&o, &fault), 0);
	assert_string_equal(o.image, "gcc");
	assert_int_equal(o.job->argv.n, 2);
	assert_string_equal(o.job->env.v[0], "K=V=W");
	assert_string_equal(o.job->cwd, "/c");
	assert_int_equal(o.job->input_n, 2);
	assert_memory_equal(o.job->input, "\0\1", 2);
	assert_int_equal(o.cache, CACHE_OFF);
	assert_int_equal(o.job->limits.pids, 3);
	assert_int_equal(o.job->limits.timeout_ms, 7);
	assert_int_equal(o.job->limits.memory_bytes, 1 << 30);
	assert_int_equal(o.job->limits.input_bytes, 1 << 10);
	assert_int_equal(o.job->files[0].mode, S_IFREG | 0700);
	assert_int_equal(o.job->files[0].n, 2);
	assert_int_equal(o.job->files[1].mode, S_IFDIR | 0755);
	order_done(&o);
}

static void faults(void **state)
{
	static const struct {
		const char *text, *field;
	} rows[] = {
		{ "{}", "image" },
		{ "[1]", "" },
		{ "{\"image\":\"a\",\"x\":1}", "x" },
		{ "{\"image\":\"a\",\"limits\":{\"pids\":513}}", "limits.pids" },
		{ "{\"image\":\"a\",\"files\":[{\"name\":\"a\",\"text\":\"\"},{}]}",
			"files[1].name" },
		{ "{\"image\":\"a\",\"argv\":[\"\\u0000\"]}", "argv[0]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct order o = { 0 };
		struct order_fault fault;

		assert_int_equal(order_read(span_of(rows[i].text), &limits, &o, &fault), -EINVAL);
		assert_string_equal(fault.field, rows[i].field);
		assert_true(*fault.detail);
		assert_null(o.job);
	}
}

static const char body[] =
	"--b\r\nContent-Disposition: form-data; name=\"job\"\r\n\r\n{\"image\":\"a\"}\r\n"
	"--b\r\nContent-Disposition: form-data; name=\"stdin\"\r\n\r\nin\r\n"
	"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n\r\n--c-\r\n"
	"--b--\r\n";

/* However it is cut. */
static void parts(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < sizeof body; piece++) {
		struct upload *u = upload_new("multipart/form-data; boundary=b", &limits);
		struct order o = { 0 };
		struct order_fault fault = { 0 };
		struct span rest = span_of(body);

		assert_non_null(u);
		while (rest.n > 0) {
			size_t n = piece < rest.n ? piece : rest.n;
			assert_int_equal(upload_feed(u, (struct span){ rest.p, n }, &fault), 0);
			rest = span_skip(rest, n);
		}
		assert_int_equal(upload_finish(u, &o, &fault), 0);
		upload_free(u);
		assert_int_equal(o.job->input_n, 2);
		assert_int_equal(o.job->n_files, 1);
		assert_int_equal(o.job->files[0].n, 6);
		assert_memory_equal(o.job->files[0].data, "\r\n--c-", 6);
		order_done(&o);
	}
}

static void cut_parts(void **state)
{
	(void)state;
	for (size_t n = 0; n + 4 < sizeof body; n++) {
		struct upload *u = upload_new("multipart/form-data; boundary=b", &limits);
		struct order o = { 0 };
		struct order_fault fault = { 0 };

		int r = upload_feed(u, (struct span){ body, n }, &fault);
		if (r == 0)
			r = upload_finish(u, &o, &fault);
		assert_int_equal(r, -EINVAL);
		assert_true(*fault.detail);
		upload_free(u);
	}
}

static void too_much(void **state)
{
	struct upload *u = upload_new("multipart/form-data; boundary=b", &limits);
	struct order_fault fault = { 0 };
	char data[512] = { 0 };
	int r = 0;

	(void)state;
	assert_int_equal(upload_feed(u, (struct span){ body, strlen(body) - 7 - 6 }, &fault), 0);
	for (int i = 0; r == 0 && i < 4; i++)
		r = upload_feed(u, (struct span){ data, sizeof data }, &fault);
	assert_int_equal(r, -EINVAL);
	assert_true(fault.too_large);
	assert_int_equal(upload_feed(u, SPAN_LITERAL("x"), &fault), -EINVAL);
	upload_free(u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(faults),
		cmocka_unit_test(parts),
		cmocka_unit_test(cut_parts),
		cmocka_unit_test(too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
