/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "documents.h"
#include "platform.h"

#include <cmocka.h>

#define HEX    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "\"digest\": \"sha256:" HEX "\", \"size\": 7"

static void test_platforms(void **state)
{
	static const struct {
		const char *is, *wanted;
		int match;
	} cases[] = {
		{ "linux/amd64", "linux/amd64", 2 },
		{ "linux/arm64/v8", "linux/arm64/v8", 2 },
		{ "linux/arm64/v8", "linux/arm64", 1 },
		{ "linux/arm64", "linux/arm64/v8", 1 },
		{ "linux/arm/v6", "linux/arm/v7", 0 },
		{ "linux/amd64", "linux/arm64", 0 },
		{ "windows/amd64", "linux/amd64", 0 },
		{ "unknown/unknown", "linux/amd64", 0 },
		{ "", "linux/amd64", 0 },
	};
	static const char *const bad[] = { "", "linux", "linux/", "/amd64", "linux/amd64/",
		"a/b/c/d", "linux/a d", "linux/--x=\n" };
	char host[80];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(platform_match(cases[i].is, cases[i].wanted), cases[i].match);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (platform_valid(bad[i]))
			fail_msg("'%s' is valid", bad[i]);
	assert_true(platform_valid(platform_host(host, sizeof host)));
}

static void test_index(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "no JSON" },
		{ "{", "no JSON" },
		{ "{}", "no list of manifests" },
		{ "{\"manifests\": {}}", "no list of manifests" },
		{ "{\"manifests\": [{}]}", "digest ''" },
		{ "{\"manifests\": [1]}", "digest ''" },
		{ "{\"manifests\": [{\"digest\": \"sha256:" HEX "\"}]}", "no size" },
		{ "{\"manifests\": [{\"digest\": \"sha256:" HEX "0\", \"size\": 1}]}", "digest" },
		{ "{\"manifests\": [{\"digest\": \"sha256:\\u0000\", \"size\": 1}]}", "no JSON" },
	};
	struct oci_list l = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(
		oci_index_parse(span_of("{\"manifests\": [{" DIGEST
					", \"platform\": {\"os\": \"linux\", \"architecture\": "
					"\"arm\", \"variant\": \"v7\"}}, {" DIGEST "}]}"),
			&l, &err),
		0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].platform, "linux/arm/v7");
	assert_string_equal(l.v[1].platform, "");
	assert_int_equal(l.v[0].digest[1], 0x23);
	assert_int_equal(l.v[0].bytes, 7);
	oci_list_done(&l);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(oci_index_parse(span_of(bad[i].text), &l, &err), -EINVAL);
		if (!strstr(err.text, bad[i].says))
			fail_msg("'%s' does not say '%s'", err.text, bad[i].says);
	}
}

static void test_manifest(void **state)
{
	struct oci_list l = { 0 };
	struct error err = { "" };
	static const char good[] =
		"{\"config\": {" DIGEST "}, \"layers\": [{\"mediaType\": \"m\", " DIGEST "}]}";

	(void)state;
	assert_int_equal(oci_manifest_parse(span_of(good), &l, &err), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[1].media_type, "m");
	oci_list_done(&l);
	assert_false(oci_is_index(span_of(good)));
	assert_true(oci_is_index(span_of("{\"manifests\": []}")));
	assert_int_equal(oci_manifest_parse(span_of("{\"layers\": []}"), &l, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no config"));
	assert_int_equal(
		oci_manifest_parse(span_of("{\"config\": {" DIGEST "}}"), &l, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no list of layers"));
}

static void test_config(void **state)
{
	struct oci_config c = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(
		oci_config_parse(
			span_of("{\"os\": \"linux\", \"architecture\": \"amd64\", \"config\": {"
				"\"Env\": [\"A=1\", \"broken\", \"=x\", \"B=\"], \"Cmd\": null, "
				"\"Entrypoint\": [\"e\"], \"User\": \"u\", "
				"\"Labels\": {\"a\": \"1\", \"b\": 2}}, "
				"\"rootfs\": {\"diff_ids\": [\"sha256:" HEX "\"]}}"),
			&c, &err),
		0);
	assert_string_equal(c.platform, "linux/amd64");
	assert_int_equal(c.env.n, 2);
	assert_string_equal(c.env.v[1], "B=");
	assert_int_equal(c.cmd.n, 0);
	assert_int_equal(c.labels.n, 1);
	assert_int_equal(c.n_diff_ids, 1);
	oci_config_done(&c);
	assert_int_equal(oci_config_parse(span_of("{}"), &c, &err), 0);
	assert_string_equal(c.user, "");
	oci_config_done(&c);
	static const char *const bad[] = { "{\"config\": {\"Cmd\": \"x\"}}",
		"{\"config\": {\"Env\": [1]}}", "{\"config\": {\"User\": \"a\\nb\"}}",
		"{\"rootfs\": {\"diff_ids\": [\"x\"]}}" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (oci_config_parse(span_of(bad[i]), &c, &err) != -EINVAL)
			fail_msg("'%s' is taken", bad[i]);
}

static void test_docker(void **state)
{
	static const char two[] =
		"[{\"Config\": \"a.json\", \"RepoTags\": [\"a:1\"], \"Layers\": [\"x\"]},"
		"{\"Config\": \"b.json\", \"RepoTags\": null, \"Layers\": [\"y\"]}]";
	cleanup_strv struct strv paths = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(oci_docker_parse(span_of(two), "a:1", &paths, &err), 0);
	assert_int_equal(paths.n, 2);
	assert_string_equal(paths.v[0], "a.json");
	assert_string_equal(paths.v[1], "x");
	assert_int_equal(oci_docker_parse(span_of(two), NULL, &paths, &err), -EINVAL);
	assert_non_null(strstr(err.text, "2 images"));
	assert_int_equal(oci_docker_parse(span_of(two), "c:1", &paths, &err), -EINVAL);
	assert_non_null(strstr(err.text, "no image 'c:1'"));
	assert_int_equal(oci_docker_parse(span_of("[]"), NULL, &paths, &err), -EINVAL);
	assert_int_equal(oci_docker_parse(span_of("[{}]"), NULL, &paths, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_docker),
	};

	return cmocka_run_group_tests_name("oci", tests, NULL, NULL);
}
