/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "catalog.h"
#include "sys/io.h"

#include <cmocka.h>

/* Each test runs in a directory of its own. */
static int enter(void **state)
{
	char *dir = strdup("/tmp/test-catalog-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	cleanup_free char *dir = *state;
	cleanup_strv struct strv names = { 0 };

	if (catalog_list(".", &names, NULL) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		char file[300];

		snprintf(file, sizeof file, "%s.yaml", names.v[i]);
		unlink(file);
	}
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void put(const char *name, const char *text)
{
	cleanup_fd int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

static struct recipe *load(const char *text)
{
	struct recipe *r = NULL;
	struct error err = { "" };

	put("x.yaml", text);
	if (recipe_load("x.yaml", &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static void test_all_keys(void **state)
{
	cleanup(recipe_freep) struct recipe *r = load("name: x.y-2_z\n"
						      "title: \"A: title\"\n"
						      "packages: [gcc, libstdc++-12-dev, 7zip]\n"
						      "files:\n"
						      "  - path: /etc/greeting\n"
						      "    content: |\n"
						      "      hello\n"
						      "    mode: 0755\n"
						      "setup: [echo 'a b' > /x, 'true # $(:)']\n"
						      "env: [A=1, B_2=, C=x=y]\n"
						      "cmd: [cat, /etc/greeting]\n"
						      "user: 1000:1000\n"
						      "cwd: /srv/a b\n");

	(void)state;
	assert_string_equal(r->name, "x.y-2_z");
	assert_string_equal(r->title, "A: title");
	assert_int_equal(r->packages.n, 3);
	assert_string_equal(r->packages.v[1], "libstdc++-12-dev");
	assert_int_equal(r->files.n, 1);
	assert_string_equal(r->files.v[0].content, "hello\n");
	assert_string_equal(r->files.v[0].mode, "0755");
	assert_string_equal(r->setup.v[0], "echo 'a b' > /x");
	assert_string_equal(r->env.v[2], "C=x=y");
	assert_string_equal(r->cmd.v[0], "cat");
	assert_string_equal(r->user, "1000:1000");
	assert_string_equal(r->cwd, "/srv/a b");
}

#define HEAD "name: x\ntitle: X\npackages: [bash]\n"

static void test_least(void **state)
{
	cleanup(recipe_freep) struct recipe *r = load(HEAD);

	(void)state;
	assert_null(r->user);
	assert_null(r->cwd);
	assert_int_equal(r->programs.n + r->kinds.n, 0);
	assert_int_equal(r->env.n + r->cmd.n + r->setup.n + r->files.n, 0);
}

/* What is wrong, and what of it must be said. */
static const struct {
	const char *text, *complaint;
} bad[] = {
	{ "", "x.yaml:1: the recipe is empty" },
	{ "- a\n", "x.yaml:1: Expecting MAPPING, got event: SEQUENCE_START" },
	{ "name: x\ntitle: X\n", "neither packages nor programs" },
	{ HEAD "bad: 1\n", "x.yaml:4: Unexpected key: bad" },
	{ HEAD "env: [A=1]\n\n\nusers: me\n", "x.yaml:7: Unexpected key: users" },
	{ HEAD "name: y\n", "x.yaml:4: Mapping field already seen: name" },
	{ HEAD "---\nname: y\n", "Ignoring documents after first in stream" },
	{ HEAD "env: A=1\n", "x.yaml:4: at 'env': Expecting SEQUENCE, got event: SCALAR" },
	{ HEAD "user: [a]\n", "x.yaml:4: at 'user': Expecting STRING, got event: SEQUENCE_START" },
	{ HEAD "env: [A=1\nuser: a\n", "x.yaml:4: at 'env': libyaml: did not find expected" },
	{ "name: x\ntitle: &t X\npackages: [*t]\n",
		"x.yaml:3: at 'packages': YAML alias unsupported" },
	{ "name: x\ntitle: X\npackages: []\n", "x.yaml:3: at 'packages': Insufficient entries" },
	{ "name:\ntitle: X\npackages: [a]\n", "x.yaml:1: at 'name': STRING length < 1" },
	{ "name: X/y\ntitle: X\npackages: [a]\n", "x.yaml:1: name: 'X/y' is no image name" },
	{ "title: T\nname: -x\npackages: [ab]\n", "x.yaml:2: name: '-x' is no image name" },
	{ "name: x\ntitle: X\npackages:\n  - bash\n  - --purge\n",
		"x.yaml:5: packages[1]: '--purge' is no package name" },
	{ "name: x\ntitle: X\npackages: [bash, 'a;b']\n",
		"x.yaml:3: packages[1]: 'a;b' is no package name" },
	{ "name: x\ntitle: X\npackages: [bash, 'a,b']\n",
		"x.yaml:3: packages[1]: 'a,b' is no package name" },
	{ "name: x\ntitle: X\npackages: [Bash]\n",
		"x.yaml:3: packages[0]: 'Bash' is no package name" },
	{ "name: x\ntitle: X\npackages: [ab=1]\n",
		"x.yaml:3: packages[0]: 'ab=1' is no package name" },
	{ "name: x\ntitle: \"a\\nb\"\npackages: [ab]\n", "is no title of one line" },
	{ HEAD "env: [A]\n", "x.yaml:4: env[0]: 'A' is no KEY=VALUE" },
	{ HEAD "env: [=a]\n", "x.yaml:4: env[0]: '=a' is no KEY=VALUE" },
	{ HEAD "env: [1A=a]\n", "x.yaml:4: env[0]: '1A=a' is no KEY=VALUE" },
	{ HEAD "user: a b\n", "x.yaml:4: user: 'a b' is no user name or number" },
	{ HEAD "user: '1:'\n", "x.yaml:4: user: '1:' is no user name or number" },
	{ HEAD "user: 1:2:3\n", "x.yaml:4: user: '1:2:3' is no user name or number" },
	{ HEAD "cwd: a\n", "x.yaml:4: cwd: 'a' is no absolute path" },
	{ HEAD "files: [{path: /a/../b, content: ''}]\n",
		"x.yaml:4: files[0].path: '/a/../b' is no absolute path" },
	{ HEAD "files: [{path: a, content: ''}]\n",
		"x.yaml:4: files[0].path: 'a' is no absolute path" },
	{ HEAD "files: [{path: /a, content: '', mode: 999}]\n",
		"x.yaml:4: files[0].mode: '999' is no file mode" },
	{ HEAD "files: [{path: /a, content: '', mode: 8}]\n",
		"x.yaml:4: files[0].mode: '8' is no file mode" },
	{ HEAD "files: [{path: /a}]\n",
		"x.yaml:4: at 'path': Missing required mapping field: content" },
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct recipe *r = NULL;
		struct error err = { "" };

		put("x.yaml", bad[i].text);
		assert_int_equal(recipe_load("x.yaml", &r, &err), -EINVAL);
		assert_null(r);
		if (!strstr(err.text, bad[i].complaint) || strncmp(err.text, "x.yaml:", 7) != 0)
			fail_msg("'%s' does not say '%s'", err.text, bad[i].complaint);
	}
}

static void test_too_large(void **state)
{
	cleanup_free char *text = malloc(RECIPE_MAX + 2);
	struct recipe *r = NULL;
	struct error err;

	(void)state;
	assert_non_null(text);
	memset(text, '#', RECIPE_MAX + 1);
	text[RECIPE_MAX + 1] = '\0';
	put("x.yaml", text);
	assert_int_equal(recipe_load("x.yaml", &r, &err), -EFBIG);
	assert_non_null(strstr(err.text, "x.yaml"));
}

static void test_missing(void **state)
{
	struct recipe *r = NULL;
	struct error err;

	(void)state;
	assert_int_equal(recipe_load("none.yaml", &r, &err), -ENOENT);
	assert_non_null(strstr(err.text, "none.yaml"));
}

static void test_hash(void **state)
{
	static const char *const other[] = {
		"name: x\ntitle: X\npackages: [bash, dash]\n",
		"name: x\ntitle: Y\npackages: [bash]\n",
		HEAD "env: [A=1]\n",
		HEAD "cmd: [A=1]\n",
		HEAD "setup: [A=1]\n",
		HEAD "setup: [A, '=1']\n",
		HEAD "files: [{path: /a, content: b}]\n",
		HEAD "files: [{path: /a, content: b, mode: 755}]\n",
	};
	enum {
		N = sizeof other / sizeof *other,
	};
	char *hashes[N];

	(void)state;
	cleanup(recipe_freep) struct recipe *r = load(HEAD);
	cleanup_free char *hash = recipe_hash(r, "1");
	cleanup_free char *made_otherwise = recipe_hash(r, "2");
	cleanup(recipe_freep) struct recipe *shown =
		load("# why\n" HEAD "programs: [{id: a, title: A, command: [a]}]\n");
	cleanup_free char *same = recipe_hash(shown, "1");

	assert_int_equal(strlen(hash), 64);
	assert_string_not_equal(hash, made_otherwise);
	assert_string_equal(hash, same);

	for (size_t i = 0; i < N; i++) {
		cleanup(recipe_freep) struct recipe *o = load(other[i]);

		hashes[i] = recipe_hash(o, "1");
		assert_string_not_equal(hashes[i], hash);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(hashes[i], hashes[j]);
	}
	for (size_t i = 0; i < N; i++)
		free(hashes[i]);
}

static void test_catalog_open(void **state)
{
	struct error err;

	(void)state;
	put("python3.yaml", "name: python3\ntitle: P\npackages: [python3]\n");
	put("wrong.yaml", HEAD);

	cleanup(recipe_freep) struct recipe *by_name = NULL;
	assert_int_equal(catalog_open(".", "python3", &by_name, &err), 0);
	cleanup(recipe_freep) struct recipe *by_path = NULL;
	assert_int_equal(catalog_open("/nowhere", "./wrong.yaml", &by_path, &err), 0);

	struct recipe *none = NULL;
	assert_int_equal(catalog_open(".", "python", &none, &err), -ENOENT);
	assert_string_equal(err.text, "no recipe 'python' in catalog '.'; near names: python3");
	assert_int_equal(catalog_open(".", "cobol", &none, &err), -ENOENT);
	assert_string_equal(err.text, "no recipe 'cobol' in catalog '.'");
	assert_int_equal(catalog_open(".", "wrong", &none, &err), -EINVAL);
	assert_non_null(strstr(err.text, "wrong.yaml:1: the recipe is named 'x'"));
	assert_int_equal(catalog_open(".", "A b", &none, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'A b' is no recipe name"));
	assert_int_equal(catalog_open("/nowhere", "x", &none, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere"));
}

static void test_catalog_list(void **state)
{
	cleanup_strv struct strv names = { 0 };

	(void)state;
	put("b.yaml", "");
	put("a.yaml", "");
	put(".c.yaml", "");
	put("d.txt", "");
	assert_int_equal(catalog_list(".", &names, NULL), 0);
	unlink(".c.yaml");
	unlink("d.txt");
	assert_int_equal(names.n, 2);
	assert_string_equal(names.v[0], "a");
	assert_string_equal(names.v[1], "b");
}

static void test_catalog_path(void **state)
{
	(void)state;
	setenv("PE_CATALOG", "/from/env", 1);
	cleanup_free char *given = catalog_path("/given");
	cleanup_free char *env = catalog_path(NULL);
	unsetenv("PE_CATALOG");
	cleanup_free char *other = catalog_path(NULL);

	assert_string_equal(given, "/given");
	assert_string_equal(env, "/from/env");
	assert_non_null(strstr(other, "/catalog"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_keys),
		TEST(test_least),
		TEST(test_bad),
		TEST(test_too_large),
		TEST(test_missing),
		TEST(test_hash),
		TEST(test_catalog_open),
		TEST(test_catalog_list),
		TEST(test_catalog_path),
	};

	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
