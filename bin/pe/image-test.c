/* SPDX-License-Identifier: MIT */
/* `pe image test`: runs the example of a recipe in its image, and looks whether it did what the
 * recipe promises. */
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "catalog/catalog.h"
#include "image/image.h"
#include "job/job.h"
#include "job/result.h"
#include "run/run.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

struct test_options {
	const char *store, *catalog;
	bool weak_jail;
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

static const struct option_row rows[] = {
	{ 0, "catalog", "DIR", "where recipes are kept (default: $PE_CATALOG)", set_catalog },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0, "allow-weak-jail", NULL, "run even where the host cannot give all of the jail",
		set_weak },
	{ 0 },
};

const struct command image_test_command = {
	.name = "image test",
	.synopsis = "image test [OPTION]... RECIPE...",
	.summary = "Runs the examples of recipes in their images, and says whether they went well.",
	.options = rows,
};

static int add_file(struct job *j, const struct recipe_file *f, struct error *err)
{
	cleanup_free char *data = strdup(f->content);
	mode_t mode = 0644;

	if (!data)
		return fail(err, -ENOMEM, "read file '%s'", f->path);
	for (const char *p = f->mode ? f->mode : ""; *p; p++)
		mode = (p == f->mode ? 0 : mode * 8) + (mode_t)(*p - '0');
	int r = job_add_file(j, f->path, S_IFREG | mode, data, strlen(data), err);
	if (r == 0)
		data = NULL;
	return r;
}

static int make_job(struct job *j, const struct recipe_example *e, struct error *err)
{
	for (size_t i = 0; i < e->argv.n; i++)
		if (strv_add(&j->argv, e->argv.v[i]) < 0)
			return fail(err, -ENOMEM, "prepare the example");
	for (size_t i = 0; i < e->files.n; i++) {
		int r = add_file(j, &e->files.v[i], err);
		if (r < 0)
			return r;
	}
	if (e->input) {
		j->input = strdup(e->input);
		j->input_n = strlen(e->input);
		if (!j->input)
			return fail(err, -ENOMEM, "prepare the example");
	}
	return job_check(j, err);
}

static bool has_file(const struct result *r, const char *name)
{
	for (size_t i = 0; i < r->n_files; i++)
		if (span_equal(r->files[i].name, span_of(name)) && r->files[i].data.n > 0)
			return true;
	return false;
}

static int compare(const struct recipe_example *e, const struct result *r, struct error *err)
{
	if (r->outcome != RESULT_EXITED || r->status != 0)
		return refuse(err, -EIO, "%s %d%s%s; standard error: %.*s",
			result_outcome_word(r->outcome), r->status, *r->message ? ", " : "",
			r->message, (int)(r->err.n < 300 ? r->err.n : 300),
			r->err.p ? r->err.p : "");
	if (e->expect_stdout &&
		!memmem(r->out.p, r->out.n, e->expect_stdout, strlen(e->expect_stdout)))
		return refuse(err, -EIO, "'%.100s' is not in its output: %.*s", e->expect_stdout,
			(int)(r->out.n < 300 ? r->out.n : 300), r->out.p ? r->out.p : "");
	for (size_t i = 0; i < e->expect_files.n; i++)
		if (!has_file(r, e->expect_files.v[i]))
			return refuse(
				err, -EIO, "file '%s' is missing or empty", e->expect_files.v[i]);
	return 0;
}

static int test(const struct run_host *host, const char *store, const struct recipe *recipe,
	uint64_t *ret_us, struct error *err)
{
	cleanup(image_freep) struct image *img = NULL;
	cleanup(result_freep) struct result *result = NULL;
	cleanup(job_freep) struct job *job = job_new();
	struct run_phases phases;

	if (!job)
		return fail(err, -ENOMEM, "prepare the example");
	if (!recipe->example)
		return refuse(err, -ENOENT, "the recipe has no example");
	int r = image_open(store, recipe->name, &img, err);
	if (r == 0)
		r = make_job(job, recipe->example, err);
	if (r == 0)
		r = run_job(host, img, job, NULL, &result, &phases, err);
	if (r == 0)
		r = compare(recipe->example, result, err);
	if (r == 0)
		*ret_us = phases.total;
	return r;
}

static int test_all(
	const struct run_host *host, const char *store, const char *catalog, char **what)
{
	int status = 0;

	for (; *what; what++) {
		cleanup(recipe_freep) struct recipe *recipe = NULL;
		struct error err;
		uint64_t us = 0;

		int r = catalog_open(catalog, *what, &recipe, &err);
		if (r == 0)
			r = test(host, store, recipe, &us, &err);
		if (r == 0) {
			printf("%s: ok, %.0f ms\n", recipe->name, (double)us / 1000);
			continue;
		}
		pe_say("image test: %s: %s", *what, err.text);
		status = PE_EXIT_FAILURE;
	}
	return status;
}

int cmd_image_test(int argc, char **argv)
{
	struct test_options o = { 0 };
	int status = 0, first = options_read(&image_test_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first == argc)
		return image_usage(&image_test_command, "needs a recipe");

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
	return test_all(&host, store, catalog, argv + first);
}
