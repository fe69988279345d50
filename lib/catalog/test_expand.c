/* SPDX-License-Identifier: MIT */
/* The vectors that the page is held to as well. Runs where the sources are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "expand.h"
#include "words.h"

#include <cmocka.h>

#define VECTORS "tests/vectors/expand.json"
#define CATALOG "tests/vectors/catalog"

struct vectors {
	json_t *all;
	struct catalog *catalog;
};

static struct vectors vectors;

static int enter(void **state)
{
	struct error err;

	(void)state;
	vectors.all = json_load_file(VECTORS, 0, NULL);
	if (catalog_load(CATALOG, &vectors.catalog, &err) == 0)
		return vectors.all ? 0 : -1;
	print_error("%s\n", err.text);
	return -1;
}

static int leave(void **state)
{
	(void)state;
	json_decref(vectors.all);
	catalog_unref(vectors.catalog);
	return 0;
}

static void assert_same(const char *name, const json_t *expected, const struct strv *words)
{
	assert_true(json_is_array(expected));
	if (json_array_size(expected) != words->n)
		fail_msg("%s: %zu words, not %zu", name, words->n, json_array_size(expected));
	for (size_t i = 0; i < words->n; i++) {
		const char *word = json_string_value(json_array_get(expected, i));

		if (strcmp(word, words->v[i]) != 0)
			fail_msg("%s: word %zu is '%s', not '%s'", name, i, words->v[i], word);
	}
}

static void test_words(void **state)
{
	const json_t *list = json_object_get(vectors.all, "words"), *one;
	size_t i;

	(void)state;
	assert_true(json_array_size(list) > 10);
	json_array_foreach(list, i, one)
	{
		const char *text = json_string_value(json_object_get(one, "text"));
		cleanup_strv struct strv words = { 0 };
		int r = words_split(text, &words);

		if (json_object_get(one, "error")) {
			assert_int_equal(r, -EINVAL);
			continue;
		}
		assert_int_equal(r, 0);
		assert_same(text, json_object_get(one, "words"), &words);
	}
}

/* The catalog's JSON is the one that the vectors carry for the page. */
static void test_same_catalog(void **state)
{
	json_t *o = catalog_json(vectors.catalog, NULL, 0);

	(void)state;
	assert_non_null(o);
	assert_true(json_equal(json_object_get(o, "kinds"), json_object_get(vectors.all, "kinds")));
	assert_true(json_equal(
		json_object_get(o, "programs"), json_object_get(vectors.all, "programs")));
	json_decref(o);
}

/* One value of a form, as "ID=VALUE". */
static void add_assignment(struct strv *to, const char *id, const json_t *value)
{
	int r;

	if (json_is_boolean(value))
		r = strv_addf(to, "%s=%s", id, json_is_true(value) ? "true" : "false");
	else if (json_is_integer(value))
		r = strv_addf(to, "%s=%lld", id, (long long)json_integer_value(value));
	else
		r = strv_addf(to, "%s=%s", id, json_is_null(value) ? "" : json_string_value(value));
	assert_int_equal(r, 0);
}

static void add_assignments(struct strv *to, json_t *options)
{
	const char *id;
	json_t *value;
	const json_t *entry;
	size_t i;

	json_object_foreach(options, id, value)
	{
		if (!json_is_array(value) || json_array_size(value) == 0) {
			add_assignment(to, id, json_is_array(value) ? json_null() : value);
			continue;
		}
		json_array_foreach(value, i, entry) add_assignment(to, id, entry);
	}
}

static void check_case(const json_t *one)
{
	const char *name = json_string_value(json_object_get(one, "name"));
	const char *id = json_string_value(json_object_get(one, "program"));
	const json_t *active = json_object_get(one, "active"), *file;
	cleanup_strv struct strv files = { 0 }, assignments = { 0 }, words = { 0 };
	const struct catalog_entry *e = NULL;
	struct error err = { "" };
	size_t i;

	assert_int_equal(catalog_find(vectors.catalog, id, &e, &err), 0);
	json_array_foreach(json_object_get(one, "files"), i, file)
		assert_int_equal(strv_add(&files, json_string_value(file)), 0);
	add_assignments(&assignments, json_object_get(one, "options"));
	const struct expand_input in = {
		.kinds = catalog_kinds(vectors.catalog),
		.files = &files,
		.active = json_is_null(active) ? SIZE_MAX : (size_t)json_integer_value(active),
		.assignments = assignments.v,
		.n_assignments = assignments.n,
	};
	int r = expand_command(e->program, &in, &words, &err);
	if (json_object_get(one, "error")) {
		if (r != -EINVAL && r != -ENOENT)
			fail_msg("%s: no error (%d)", name, r);
		assert_true(err.text[0]);
		return;
	}
	if (r < 0)
		fail_msg("%s: %s", name, err.text);
	assert_same(name, json_object_get(one, "argv"), &words);
}

static void test_cases(void **state)
{
	const json_t *list = json_object_get(vectors.all, "cases"), *one;
	size_t i;

	(void)state;
	assert_true(json_array_size(list) > 30);
	json_array_foreach(list, i, one) check_case(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_same_catalog),
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests_name("expand", tests, enter, leave);
}
