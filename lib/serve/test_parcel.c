/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "job/json.h"
#include "job/result.h"
#include "multipart.h"
#include "parcel.h"

/* Last: its fail() is a macro. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct result_file files[] = {
	{ { "d", 1 }, S_IFDIR | 0755, { "", 0 } },
	{ { "d/\"x\"\n", 6 }, S_IFREG | 0644, { "one\0two", 7 } },
	{ { "\xff", 1 }, S_IFREG | 0755, { "", 0 } },
};

static const struct result result = {
	.outcome = RESULT_EXITED,
	.status = 3,
	.out = { "out\n", 4 },
	.err = { "\xff\r\n--", 5 },
	.files = files,
	.n_files = 3,
};

static const struct result_origin origin = { "shell", "sha256:0", "uml" };
static const struct parcel_use use = { "key", true, 1500 };

static void make(struct buf *b)
{
	assert_int_equal(parcel_write(&result, &origin, b), 0);
}

static void as_json(void **state)
{
	cleanup_buf struct buf b = { 0 };
	cleanup_buf struct buf text = { 0 };

	(void)state;
	make(&b);
	assert_int_equal(parcel_to_json(buf_span(&b), &use, &text), 0);
	cleanup(json_decrefp) json_t *o = json_loadb(text.p, text.n, JSON_ALLOW_NUL, NULL);
	cleanup(json_decrefp) json_t *own = result_to_json(&result, &origin);
	assert_non_null(o);
	assert_true(json_is_true(json_object_get(o, "cached")));
	assert_string_equal(json_string_value(json_object_get(o, "key")), "key");
	assert_true(json_real_value(json_object_get(o, "queue_ms")) == 1.5);
	json_object_del(o, "cached");
	json_object_del(o, "key");
	json_object_del(o, "queue_ms");
	assert_true(json_equal(o, own));
}

static int on_begin(void *ctx, const struct multipart_part *part)
{
	return buf_addf(ctx, "[%s|%s]", part->name, part->filename ? part->filename : "");
}

static int on_data(void *ctx, struct span bytes)
{
	return buf_add(ctx, bytes.p, bytes.n);
}

static int on_end(void *ctx)
{
	return buf_addf(ctx, "[]");
}

/* What is written is what our own reader reads. */
static void as_multipart(void **state)
{
	static const struct multipart_ops ops = { on_begin, on_data, on_end };
	static const char rest[] = "[stdout|stdout]out\n[][stderr|stderr]\xff\r\n--[]"
				   "[file|d/\"x\"\n]one\0two[][file|file][]";
	char boundary[PARCEL_BOUNDARY_SIZE], type[128];
	cleanup_buf struct buf b = { 0 };
	cleanup_buf struct buf body = { 0 };
	cleanup_buf struct buf said = { 0 };

	(void)state;
	make(&b);
	assert_int_equal(parcel_to_multipart(buf_span(&b), &use, boundary, &body), 0);
	snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
	struct multipart *m = multipart_new(type, &ops, &said);
	assert_non_null(m);
	assert_int_equal(multipart_feed(m, buf_span(&body)), 0);
	assert_true(multipart_is_whole(m));
	multipart_free(m);
	assert_true(said.n > sizeof rest);
	assert_memory_equal(said.p + said.n - (sizeof rest - 1), rest, sizeof rest - 1);
	assert_memory_equal(said.p, "[result|]{", 10);
}

/* From a disk anything may come. */
static void damaged(void **state)
{
	cleanup_buf struct buf b = { 0 };

	(void)state;
	make(&b);
	for (size_t n = 0; n < b.n; n++) {
		cleanup_buf struct buf text = { 0 };
		assert_int_equal(parcel_to_json((struct span){ b.p, n }, &use, &text), -EPROTO);
	}
	for (size_t i = 0; i < b.n; i++) {
		cleanup_buf struct buf text = { 0 };
		char was = b.p[i];
		b.p[i] = (char)(was ^ 0x41);
		int r = parcel_to_json(buf_span(&b), &use, &text);
		assert_true(r == 0 || r == -EPROTO || r == -ENOMEM);
		b.p[i] = was;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_json),
		cmocka_unit_test(as_multipart),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
