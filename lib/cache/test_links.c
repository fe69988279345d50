/* SPDX-License-Identifier: MIT */
#include "test_support.h"

static void test_links(void **state)
{
	struct links *l = open_links(MIB, 0);
	char a[LINK_ID_SIZE], b[LINK_ID_SIZE], same[LINK_ID_SIZE];
	cleanup_buf struct buf none = { 0 };
	struct error err;
	struct links_stats s;

	(void)state;
	assert_int_equal(links_put(l, span_of("state a"), a, &err), 0);
	assert_int_equal(links_put(l, span_of("state b"), b, &err), 0);
	assert_int_equal(links_put(l, span_of("state a"), same, &err), 0);
	assert_int_equal(strlen(a), LINK_ID_SIZE - 1);
	assert_int_equal(
		strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		LINK_ID_SIZE - 1);
	assert_string_equal(a, same);
	assert_string_not_equal(a, b);
	assert_int_equal(links_get(l, "AAAAAAAAAAAAAAAA", &none, &err), -ENOENT);
	assert_int_equal(links_get(l, "'; DROP TABLE links", &none, &err), -ENOENT);
	links_stats(l, &s);
	assert_int_equal(s.entries, 2);
	assert_int_equal(s.bytes, 14);
	links_close(l);

	wall_s += (int64_t)100 * 366 * 86400;
	l = open_links(MIB, 0);
	assert_link(l, a, "state a");
	assert_link(l, b, "state b");
	links_close(l);
}

static void test_links_bounds(void **state)
{
	struct links *l = open_links(1000, 0);
	char id[LINK_ID_SIZE], first[LINK_ID_SIZE];
	cleanup_free char *large = calloc(1, LINK_STATE_MAX + 1);
	struct error err;

	(void)state;
	assert_int_equal(
		links_put(l, (struct span){ large, LINK_STATE_MAX + 1 }, id, &err), -EFBIG);
	assert_int_equal(links_put(l, (struct span){ large, 900 }, first, &err), 0);
	assert_int_equal(links_put(l, (struct span){ large, 101 }, id, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "full"));
	assert_int_equal(links_put(l, (struct span){ large, 900 }, id, &err), 0);
	assert_string_equal(id, first);
	assert_int_equal(links_put(l, (struct span){ large, 100 }, id, &err), 0);
	links_close(l);
}

static void test_links_expire_when_told(void **state)
{
	struct links *l = open_links(MIB, 1000);
	char used[LINK_ID_SIZE], unused[LINK_ID_SIZE], later[LINK_ID_SIZE];
	cleanup_buf struct buf b = { 0 };
	struct error err;
	struct links_stats s;

	(void)state;
	links_put(l, span_of("used"), used, &err);
	links_put(l, span_of("unused"), unused, &err);
	wall_s += 600;
	assert_link(l, used, "used");
	wall_s += 600;
	assert_link(l, used, "used");
	assert_int_equal(links_get(l, unused, &b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "expired"));
	links_put(l, span_of("later"), later, &err);
	links_stats(l, &s);
	assert_int_equal(s.entries, 2);
	assert_int_equal(s.expired, 1);
	links_close(l);
}

/* Links are precious: a damaged file is not touched, and the message says what to do. */
static void test_links_damaged(void **state)
{
	char path[128], id[LINK_ID_SIZE];
	struct links *l = open_links(MIB, 0);
	const struct links_setup setup = { .path = path, .max_bytes = MIB };
	struct error err;

	(void)state;
	for (int i = 0; i < 200; i++) {
		char text[300];

		snprintf(text, sizeof text, "%0290d", i);
		assert_int_equal(links_put(l, span_of(text), id, &err), 0);
	}
	links_close(l);
	uint64_t size = size_of("links.db");
	assert_true(size > 40 * KIB);
	overwrite("links.db", 3 * 4096, 4096);
	path_of("links.db", path);
	assert_int_equal(links_open(&setup, &l, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "restore a backup"));
	assert_int_equal(size_of("links.db"), size);
	overwrite("links.db", 0, 4096);
	assert_int_equal(links_open(&setup, &l, &err), -EUCLEAN);
	assert_non_null(strstr(err.text, "links.db"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_links),
		IN_DIR(test_links_bounds),
		IN_DIR(test_links_expire_when_told),
		IN_DIR(test_links_damaged),
	};

	return cmocka_run_group_tests_name("links", tests, NULL, NULL);
}
