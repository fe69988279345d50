/* SPDX-License-Identifier: MIT */
/* `pe image test`: runs the examples of all programs of an image, and looks whether they did what
 * they promise. */
#include "image.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "catalog/catalog.h"
#include "examples.h"
#include "image/image.h"
#include "run/run.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

struct test_options {
	const char *store, *catalog;
	bool weak_jail, all;
};

static int set_store(void *ctx, const char *value)
{
	((struct test_options *)ctx)->store = value;
	return 0;
}

static int set_catalog(void *ctx, const char *value)
{
	((struct test_options *)ctx)->catalog = value;
	return 0;
}

static int set_weak(void *ctx, const char *value)
{
	(void)value;
	((struct test_options *)ctx)->weak_jail = true;
	return 0;
}

static int set_all(void *ctx, const char *value)
{
	(void)value;
	((struct test_options *)ctx)->all = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 'a', "all", NULL, "test every recipe of the catalog whose image is built", set_all },
	{ 0, "catalog", "DIR", "where recipes are kept (default: $PE_CATALOG)", set_catalog },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0, "allow-weak-jail", NULL, "run even where the host cannot give all of the jail",
		set_weak },
	{ 0 },
};

const struct command image_test_command = {
	.name = "image test",
	.synopsis = "image test [OPTION]... RECIPE...",
	.summary = "Runs all examples of an image's programs, and says whether they went well.",
	.options = rows,
};

struct tester {
	const struct run_host *host;
	const char *store;
	size_t passed, failed, absent;
};

/* Every example of program @e. */
static void test_program(struct tester *t, const struct catalog *c, const struct catalog_entry *e)
{
	const struct program_examples *all = &e->program->examples;

	for (size_t i = 0; i < all->n; i++) {
		struct error err;
		uint64_t us = 0;

		int r = examples_run(t->host, t->store, c, e, &all->v[i], &us, &err);
		if (r == 0) {
			printf("%s/%s: ok, %.0f ms\n", e->id, all->v[i].id, (double)us / 1000);
			fflush(stdout);
			t->passed++;
			continue;
		}
		pe_say("image test: %s/%s: %s", e->id, all->v[i].id, err.text);
		t->failed++;
	}
	if (all->n > 0)
		return;
	pe_say("image test: %s: the program has no example", e->id);
	t->failed++;
}

static bool is_built(const char *store, const char *image)
{
	cleanup(image_freep) struct image *img = NULL;

	return image_open(store, image, &img, NULL) == 0;
}

/* Every program in catalog file @what. With @built_only those whose image is not there are passed
 * over. */
static void test_file(struct tester *t, const char *dir, const char *what, bool built_only)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	struct error err;

	if (catalog_load_one(dir, what, &c, &err) < 0) {
		pe_say("image test: %s: %s", what, err.text);
		t->failed++;
		return;
	}
	for (size_t i = 0; i < catalog_count(c); i++) {
		const struct catalog_entry *e = catalog_at(c, i);

		if (built_only && !is_built(t->store, e->image)) {
			fprintf(stderr, "%s: image '%s' is not built\n", e->id, e->image);
			t->absent++;
			continue;
		}
		test_program(t, c, e);
	}
	if (catalog_count(c) > 0)
		return;
	pe_say("image test: %s: no program is in it", what);
	t->failed++;
}

static int test_all(struct tester *t, const char *dir, char *const *what, bool all)
{
	cleanup_strv struct strv names = { 0 };
	struct error err;

	if (all && catalog_list(dir, &names, &err) < 0) {
		pe_say("image test: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	for (size_t i = 0; i < names.n; i++)
		test_file(t, dir, names.v[i], true);
	for (; *what; what++)
		test_file(t, dir, *what, false);
	if (all)
		printf("%zu passed, %zu failed, %zu skipped\n", t->passed, t->failed, t->absent);
	return t->failed ? PE_EXIT_FAILURE : 0;
}

int cmd_image_test(int argc, char **argv)
{
	struct test_options o = { 0 };
	int status = 0, first = options_read(&image_test_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (o.all ? first < argc : first == argc)
		return image_usage(&image_test_command,
			o.all ? "--all takes no recipes" : "needs a recipe, or --all");

	cleanup_free char *store = image_store_or_say(o.store);
	cleanup_free char *catalog = catalog_path(o.catalog);
	cleanup(vm_kernel_freep) struct vm_kernel *kernel = NULL;
	struct error err;
	if (!store || !catalog)
		return PE_EXIT_FAILURE;
	if (vm_kernel_open(NULL, &kernel, &err) < 0) {
		pe_say("image test: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	const struct run_host host = {
		.engine = &vm_engine_uml,
		.kernel = kernel,
		.init = { init_image_start, (size_t)(init_image_end - init_image_start) },
		.cpu = -1,
		.weak_jail = o.weak_jail,
	};
	struct tester t = { .host = &host, .store = store };
	return test_all(&t, catalog, argv + first, o.all);
}
