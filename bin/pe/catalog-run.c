/* SPDX-License-Identifier: MIT */
/* `pe catalog run`: a program of the catalog with a filled-in form, as the page runs it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "catalog.h"
#include "catalog/catalog.h"
#include "catalog/expand.h"
#include "examples.h"
#include "image/image.h"
#include "inputs.h"
#include "job/job.h"
#include "run.h"

struct catalog_run_options {
	struct strv assignments;
	const char *catalog, *example, *input;
	bool print;
	struct run_options run;
};

static int set_option(void *ctx, const char *value)
{
	return strv_add(&((struct catalog_run_options *)ctx)->assignments, value);
}

static int set_example(void *ctx, const char *value)
{
	((struct catalog_run_options *)ctx)->example = value;
	return 0;
}

static int set_input(void *ctx, const char *value)
{
	((struct catalog_run_options *)ctx)->input = value;
	return 0;
}

static int set_outdir(void *ctx, const char *value)
{
	((struct catalog_run_options *)ctx)->run.outdir = value;
	return 0;
}

static int set_print(void *ctx, const char *value)
{
	(void)value;
	((struct catalog_run_options *)ctx)->print = true;
	return 0;
}

static int set_json(void *ctx, const char *value)
{
	(void)value;
	((struct catalog_run_options *)ctx)->run.json = true;
	return 0;
}

static int set_catalog(void *ctx, const char *value)
{
	((struct catalog_run_options *)ctx)->catalog = value;
	return 0;
}

static int set_store(void *ctx, const char *value)
{
	((struct catalog_run_options *)ctx)->run.store = value;
	return 0;
}

static int set_weak(void *ctx, const char *value)
{
	(void)value;
	((struct catalog_run_options *)ctx)->run.weak_jail = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 'O', "option", "ID=VALUE", "fill in an option of the form; may be repeated", set_option },
	{ 'x', "example", "ID", "run this example instead of files", set_example },
	{ 'i', "stdin", "FILE", "standard input; - for that of pe (default: empty)", set_input },
	{ 'o', "output", "DIR", "write what was left in /output to DIR", set_outdir },
	{ 'n', "print", NULL, "print the words of the command, one a line; run nothing",
		set_print },
	{ 0, "json", NULL, "print the whole result as one JSON object", set_json },
	{ 0, "catalog", "DIR", "where the catalog is (default: $PE_CATALOG)", set_catalog },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0, "allow-weak-jail", NULL, "run even where the host cannot give all of the jail",
		set_weak },
	{ 0 },
};

const struct command catalog_run_command = {
	.name = "catalog run",
	.synopsis = "catalog run [OPTION]... PROGRAM [[NAME=]FILE...]",
	.summary = "Runs a program of the catalog on files, or one of its examples.",
	.details = "The first file is the open one. Exit statuses are those of 'pe run'.\n\n"
		   "Examples:\n"
		   "  pe catalog run -O optimise=O3 -o out gcc-assembly sum.c\n"
		   "  pe catalog run -x mandelbrot gcc\n",
	.options = rows,
};

static int add_files(struct job *j, char *const *specs, struct strv *names, struct error *err)
{
	for (; *specs; specs++) {
		int r = inputs_add_file(j, *specs, err);

		if (r == 0 && strv_add(names, j->files[j->n_files - 1].name) < 0)
			r = fail(err, -ENOMEM, "prepare the run");
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_job(const struct catalog_run_options *o, const struct catalog *c,
	const struct catalog_entry *e, char *const *specs, struct error *err)
{
	const struct program_example *example = NULL;
	cleanup_strv struct strv names = { 0 };
	struct job *j = o->run.job;
	int r;

	if (o->example) {
		r = examples_find(e, o->example, &example, err);
		return r < 0 ? r : examples_make_job(j, c, e, example, err);
	}
	r = add_files(j, specs, &names, err);
	if (r == 0 && o->input)
		r = inputs_set_stdin(j, o->input, err);
	if (r < 0)
		return r;
	const struct expand_input in = {
		.kinds = catalog_kinds(c),
		.files = &names,
		.assignments = o->assignments.v,
		.n_assignments = o->assignments.n,
	};
	return examples_set_command(j, e, &in, err);
}

static int run(struct catalog_run_options *o, const char *id, char *const *specs)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	cleanup_free char *store = image_store_path(o->run.store);
	const struct catalog_entry *e = NULL;
	struct error err;

	int r = catalog_load_all(o->catalog, store, &c, &err);
	if (r == 0)
		r = catalog_find(c, id, &e, &err);
	if (r == 0)
		r = make_job(o, c, e, specs, &err);
	if (r < 0 || !e) {
		pe_say("catalog run: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	if (!o->print)
		return run_to_end(&o->run, e->image);
	for (size_t i = 0; i < o->run.job->argv.n; i++)
		puts(o->run.job->argv.v[i]);
	return 0;
}

static void options_done(struct catalog_run_options *o)
{
	strv_done(&o->assignments);
	job_free(o->run.job);
}

int cmd_catalog_run(int argc, char **argv)
{
	cleanup(options_done) struct catalog_run_options o = { .run.job = job_new() };
	int status = 0;

	if (!o.run.job)
		return PE_EXIT_FAILURE;
	int first = options_read(&catalog_run_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first == argc)
		return catalog_usage(&catalog_run_command, "needs the id of a program");
	if (o.example && (first + 1 < argc || o.input || o.assignments.n > 0))
		return catalog_usage(
			&catalog_run_command, "an example brings its own files, input and options");
	return run(&o, argv[first], argv + first + 1);
}
