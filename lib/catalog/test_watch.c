/* SPDX-License-Identifier: MIT */
/* Whole catalogs: loaded, added to by images, followed. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "sys/io.h"
#include "watch.h"

#include <cmocka.h>

#define KINDS "kinds:\n  - {id: c, title: C, extensions: [.c]}\n"
#define GCC                                                                                        \
	"name: gcc\ntitle: G\npackages: [gcc]\nprograms:\n  - {id: gcc, title: GCC, command: "     \
	"[gcc], inputs: [c]}\n"

static int enter(void **state)
{
	char *dir = strdup("/tmp/test-watch-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int leave(void **state)
{
	cleanup_free char *dir = *state;
	static const char *const files[] = { "kinds.yaml", "gcc.yaml", "more.yaml" };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(files[i]);
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void put(const char *name, const char *text)
{
	/* A new file: whoever looks at times alone would miss a change within their grain. */
	unlink(name);
	cleanup_fd int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

static struct catalog *load(void)
{
	struct catalog *c = NULL;
	struct error err = { "" };

	put("kinds.yaml", KINDS);
	put("gcc.yaml", GCC);
	if (catalog_load(".", &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void test_load(void **state)
{
	cleanup(catalog_unrefp) struct catalog *c = load();
	const struct catalog_entry *e = NULL;
	struct error err;

	(void)state;
	assert_int_equal(catalog_count(c), 1);
	assert_int_equal(catalog_kinds(c)->n, 1);
	assert_int_equal(catalog_find(c, "gcc", &e, &err), 0);
	assert_string_equal(e->image, "gcc");
	assert_int_equal(catalog_find(c, "gc", &e, &err), -ENOENT);
	assert_string_equal(err.text, "no program 'gc' in the catalog; near names: gcc");
}

/* Files with an order come first, the rest follow by name; within a file nothing moves. */
static void test_order(void **state)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	static const char *const ids[] = { "z", "y", "gcc" };

	(void)state;
	catalog_unref(load());
	put("more.yaml", "name: more\ntitle: M\norder: 5\nprograms:\n"
			 "- {id: z, title: Z, command: [z]}\n- {id: y, title: Y, command: [y]}\n");
	assert_int_equal(catalog_load(".", &c, NULL), 0);
	assert_int_equal(catalog_count(c), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(catalog_at(c, i)->id, ids[i]);
}

/* What is wrong between files, and what is said of it. */
static void test_bad_load(void **state)
{
	static const struct {
		const char *name, *text, *complaint;
	} rows[] = {
		{ "gcc.yaml", "name: cc\ntitle: G\npackages: [gcc]\n",
			"./gcc.yaml:1: name: the recipe is named 'cc', its file is not" },
		{ "more.yaml",
			"name: more\ntitle: M\nprograms: [{id: gcc, title: G, command: [g]}]\n",
			"./more.yaml:3: programs[0].id: another program has the id 'gcc'" },
		{ "more.yaml",
			"name: more\ntitle: M\nprograms:\n- id: m\n  title: G\n  command: [g]\n  "
			"outputs: [c, d]\n",
			"./more.yaml:7: programs[0].outputs[1]: no kind 'd'" },
		{ "more.yaml",
			"name: more\ntitle: M\nkinds: [{id: c, title: C, extensions: [.x]}]\n"
			"packages: [mm]\n",
			"./more.yaml:3: kinds[0].id: 'c' is there already" },
		{ "more.yaml", "name: more\ntitle: M\nenv: [A=1]\n",
			"./more.yaml:3: env: belongs to an image that is built" },
		{ "more.yaml", "name: more\n",
			"./more.yaml:1: at 'name': Missing required mapping field" },
		{ "kinds.yaml", "programs: [{id: p, title: P, command: [p]}]\n",
			"./kinds.yaml: programs belong to the file of their image" },
		{ "kinds.yaml", "", "./kinds.yaml:1: there is nothing in it" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct catalog *c = NULL;
		struct error err = { "" };

		unlink("more.yaml");
		catalog_unref(load());
		put(rows[i].name, rows[i].text);
		assert_int_equal(catalog_load(".", &c, &err), -EINVAL);
		assert_null(c);
		if (!strstr(err.text, rows[i].complaint))
			fail_msg("'%s' does not say '%s'", err.text, rows[i].complaint);
	}
	unlink("kinds.yaml");
	struct catalog *c = NULL;
	assert_int_equal(catalog_load(".", &c, NULL), -ENOENT);
}

static void test_label(void **state)
{
	cleanup(catalog_unrefp) struct catalog *c = load();
	const struct catalog_entry *e = NULL;
	static const struct {
		const char *image, *text, *complaint;
	} bad[] = {
		{ "a", "programs: [{id: p, title: P, command: [p], inputs: [new]}]",
			"a:org.program-explorer.catalog:1: programs[0].inputs[0]: no kind 'new'" },
		{ "a", "title: x", "a:org.program-explorer.catalog:1: Unexpected key: title" },
		{ "A", "programs: [{id: p, title: P, command: [p]}]", "'A' is no image name" },
		{ "new", "programs: [{id: gcc, title: P, command: [p]}]",
			"another program has the id 'gcc'" },
	};
	struct error err = { "" };

	(void)state;
	/* Its ids are its own, its kinds are added, those that are known stay. */
	assert_int_equal(
		catalog_add_label(c, "new",
			SPAN_LITERAL(
				"kinds: [{id: c, title: Mine, extensions: [.mine]}, {id: n, title: "
				"N, extensions: [.n]}]\n"
				"programs: [{id: gcc, title: P, command: [p], inputs: [c, n]}]"),
			&err),
		0);
	assert_int_equal(catalog_find(c, "new/gcc", &e, &err), 0);
	assert_string_equal(e->image, "new");
	assert_int_equal(catalog_kinds(c)->n, 2);
	assert_string_equal(catalog_kinds(c)->v[0].title, "C");

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
			catalog_add_label(c, bad[i].image, span_of(bad[i].text), &err), -EINVAL);
		if (!strstr(err.text, bad[i].complaint))
			fail_msg("'%s' does not say '%s'", err.text, bad[i].complaint);
		assert_int_equal(catalog_count(c), 2);
		assert_int_equal(catalog_kinds(c)->n, 2);
	}
}

static void test_label_of_many(void **state)
{
	cleanup(catalog_unrefp) struct catalog *c = load();
	cleanup_buf struct buf text = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(buf_addf(&text, "programs:\n"), 0);
	for (int i = 0; i <= CATALOG_LABEL_PROGRAMS_MAX; i++)
		assert_int_equal(buf_addf(&text, "  - {id: p%d, title: P, command: [p]}\n", i), 0);
	assert_int_equal(catalog_add_label(c, "a", buf_span(&text), &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 64 programs"));
	assert_int_equal(catalog_count(c), 1);
}

static void say(void *ctx, const char *text)
{
	snprintf(ctx, sizeof((struct error *)NULL)->text, "%s", text);
}

static void test_images(void **state)
{
	cleanup(catalog_unrefp) struct catalog *c = load();
	struct image *images[] = { image_new("gcc"), image_new("good"), image_new("bad") };
	char said[sizeof((struct error *)NULL)->text] = "";

	(void)state;
	assert_int_equal(strv_add(&images[1]->labels,
				 CATALOG_LABEL "=programs: [{id: p, title: P, command: [p]}]"),
		0);
	assert_int_equal(strv_add(&images[2]->labels, CATALOG_LABEL "=nonsense"), 0);
	free(images[1]->digest);
	images[1]->digest = strdup("sha256:12");
	catalog_add_images(c, images, 3, say, said);
	assert_int_equal(catalog_count(c), 2);
	assert_non_null(strstr(said, "bad:" CATALOG_LABEL ":1:"));

	json_t *o = catalog_json(c, images, 3);
	const json_t *p = json_array_get(json_object_get(o, "programs"), 1);
	assert_string_equal(json_string_value(json_object_get(p, "id")), "good/p");
	assert_string_equal(json_string_value(json_object_get(p, "image_digest")), "sha256:12");
	assert_true(json_is_true(json_object_get(p, "available")));
	json_decref(o);
	for (size_t i = 0; i < 3; i++)
		image_free(images[i]);
}

static void test_watch(void **state)
{
	cleanup(catalog_watch_freep) struct catalog_watch *w = NULL;
	char said[sizeof((struct error *)NULL)->text] = "";
	struct error err = { "" };

	(void)state;
	catalog_unref(load());
	if (catalog_watch_new(".", NULL, say, said, &w, &err) < 0)
		fail_msg("%s", err.text);
	cleanup(catalog_view_unrefp) struct catalog_view *first = catalog_watch_view(w);
	assert_int_equal(catalog_count(first->catalog), 1);
	assert_non_null(strstr(first->json, "\"id\":\"gcc\""));
	assert_int_equal(first->json_n, strlen(first->json));
	assert_false(catalog_watch_poll(w));

	/* A bad edit is told once, and the old view stays. */
	put("more.yaml", "name: more\n");
	assert_false(catalog_watch_poll(w));
	assert_non_null(strstr(said, "./more.yaml:1:"));
	said[0] = '\0';
	assert_false(catalog_watch_poll(w));
	assert_string_equal(said, "");
	cleanup(catalog_view_unrefp) struct catalog_view *same = catalog_watch_view(w);
	assert_ptr_equal(same, first);

	/* Mended: a new view; whoever holds the old one still can use it. */
	put("more.yaml", "name: more\ntitle: M\nprograms: [{id: m, title: M, command: [m]}]\n");
	assert_true(catalog_watch_poll(w));
	cleanup(catalog_view_unrefp) struct catalog_view *second = catalog_watch_view(w);
	assert_int_equal(catalog_count(second->catalog), 2);
	assert_int_equal(catalog_count(first->catalog), 1);
	assert_int_not_equal(first->serial, second->serial);

	unlink("more.yaml");
	assert_true(catalog_watch_poll(w));
	assert_string_equal(said, "");
}

static void test_watch_of_a_bad_catalog(void **state)
{
	struct catalog_watch *w = NULL;
	struct error err = { "" };

	(void)state;
	catalog_unref(load());
	put("more.yaml", "nonsense");
	assert_int_equal(catalog_watch_new(".", NULL, NULL, NULL, &w, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more.yaml"));
	assert_null(w);
}

struct readers {
	struct catalog_watch *watch;
	atomic_bool stop;
	atomic_uint views;
};

static void *read_views(void *ctx)
{
	struct readers *r = ctx;

	while (!atomic_load(&r->stop)) {
		cleanup(catalog_view_unrefp) struct catalog_view *v = catalog_watch_view(r->watch);

		if (strlen(v->json) == v->json_n && catalog_count(v->catalog) > 0)
			atomic_fetch_add(&r->views, 1);
	}
	return NULL;
}

/* Views change under the hands of two readers. */
static void test_watch_by_threads(void **state)
{
	struct readers r = { 0 };
	pthread_t threads[2];

	(void)state;
	catalog_unref(load());
	assert_int_equal(catalog_watch_new(".", NULL, NULL, NULL, &r.watch, NULL), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_views, &r), 0);
	for (int i = 0; i < 50; i++) {
		put("gcc.yaml", i % 2 ? GCC : GCC "  - {id: b, title: B, command: [b]}\n");
		catalog_watch_poll(r.watch);
	}
	while (atomic_load(&r.views) < 10)
		usleep(1000);
	atomic_store(&r.stop, true);
	for (size_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	catalog_watch_free(r.watch);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_load),
		TEST(test_order),
		TEST(test_bad_load),
		TEST(test_label),
		TEST(test_label_of_many),
		TEST(test_images),
		TEST(test_watch),
		TEST(test_watch_of_a_bad_catalog),
		TEST(test_watch_by_threads),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
