/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "page/assets.h"

#include <cmocka.h>

static const struct asset three = {
	.body = { { "0123456789", 10 }, { "01234567", 8 }, { "012345", 6 } },
};
static const struct asset one = { .body = { { "0123456789", 10 } } };

static void test_choose(void **state)
{
	static const struct {
		const char *header;
		enum asset_encoding encoding;
	} cases[] = {
		{ NULL, ASSET_IDENTITY },
		{ "", ASSET_IDENTITY },
		{ "gzip", ASSET_GZIP },
		{ "gzip, deflate, br, zstd", ASSET_BROTLI },
		{ "GZIP;q=1.0, br;q=0", ASSET_GZIP },
		{ "gzip; q=0.000 , br ; q=0.5", ASSET_BROTLI },
		{ "*", ASSET_BROTLI },
		{ "*;q=0", ASSET_IDENTITY },
		{ "br;q=0, *", ASSET_GZIP },
		{ "brotli, gzippy", ASSET_IDENTITY },
		{ ",;,;q=0,", ASSET_IDENTITY },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(asset_choose(&three, cases[i].header), cases[i].encoding);
		assert_int_equal(asset_choose(&one, cases[i].header), ASSET_IDENTITY);
	}
	assert_null(asset_encoding_name(ASSET_IDENTITY));
	assert_string_equal(asset_encoding_name(ASSET_BROTLI), "br");
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_assets; i++) {
		const struct asset *a = &assets[i];

		assert_ptr_equal(asset_find(span_of(a->path)), a);
		if (i > 0)
			assert_true(strcmp(assets[i - 1].path, a->path) < 0);
		assert_true(a->body[ASSET_IDENTITY].n > 0);
		assert_non_null(strstr(a->csp, "default-src 'none'"));
		for (int e = 0; e < ASSET_ENCODINGS; e++)
			assert_int_equal(a->etag[e][0], '"');
	}
	assert_null(asset_find(span_of("/nothing")));
	assert_null(asset_find(span_of("")));
}

static void test_page(void **state)
{
	if (n_assets == 0) {
		print_message("built with WEB=no\n");
		return;
	}

	const struct asset *page = asset_find(span_of("/")), *embed = asset_find(span_of("/embed"));

	(void)state;
	assert_non_null(page);
	assert_non_null(embed);
	assert_true(span_equal(page->body[ASSET_IDENTITY], embed->body[ASSET_IDENTITY]));
	assert_non_null(strstr(page->csp, "frame-ancestors 'none'"));
	assert_non_null(strstr(embed->csp, "frame-ancestors *"));
	assert_false(page->immutable);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
