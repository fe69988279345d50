/* SPDX-License-Identifier: MIT */
#include "examples.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "catalog/catalog.h"
#include "catalog/expand.h"
#include "catalog/kind.h"
#include "image/image.h"
#include "job/job.h"
#include "job/result.h"
#include "run/run.h"

static void set_limit(uint64_t *limit, uint64_t value)
{
	if (value)
		*limit = value;
}

static int set_limits(struct job_limits *to, const struct program_limits *l)
{
	struct program_numbers n;
	const char *field;

	int r = program_limits_read(l, &n, &field);
	if (r < 0)
		return r;
	set_limit(&to->timeout_ms, n.timeout_ms);
	set_limit(&to->memory_bytes, n.memory_bytes);
	set_limit(&to->output_bytes, n.output_bytes);
	set_limit(&to->scratch_bytes, n.scratch_bytes);
	set_limit(&to->pids, n.pids);
	return 0;
}

int examples_set_command(struct job *j, const struct catalog_entry *e,
	const struct expand_input *in, struct error *err)
{
	const struct program *p = e->program;

	int r = expand_command(p, in, &j->argv, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < p->env.n; i++)
		if (strv_set(&j->env, p->env.v[i]) < 0)
			return fail(err, -ENOMEM, "prepare program '%s'", e->id);
	r = p->limits ? set_limits(&j->limits, p->limits) : 0;
	return r < 0 ? fail(err, r, "limits of program '%s'", e->id) : job_check(j, err);
}

static int add_file(struct job *j, const struct program_example_file *f, struct error *err)
{
	cleanup_buf struct buf data = { 0 };
	int r = f->text ? buf_add(&data, f->text, strlen(f->text))
			: base64_decode(span_of(f->base64), &data);

	/* A file without content still needs bytes to point at. */
	if (r == 0 && !data.p)
		r = buf_addf(&data, "%s", "");
	if (r < 0)
		return fail(err, r, "read file '%s'", f->name);
	r = job_add_file(j, f->name, S_IFREG | 0644, data.p, data.n, err);
	if (r == 0)
		data = (struct buf){ 0 };
	return r;
}

int examples_make_job(struct job *j, const struct catalog *c, const struct catalog_entry *e,
	const struct program_example *example, struct error *err)
{
	cleanup_strv struct strv names = { 0 };

	for (size_t i = 0; i < example->files.n; i++) {
		int r = add_file(j, &example->files.v[i], err);
		if (r == 0 && strv_add(&names, example->files.v[i].name) < 0)
			r = fail(err, -ENOMEM, "prepare the example");
		if (r < 0)
			return r;
	}
	if (example->input) {
		j->input = strdup(example->input);
		j->input_n = strlen(example->input);
		if (!j->input)
			return fail(err, -ENOMEM, "prepare the example");
	}
	const struct expand_input in = {
		.kinds = catalog_kinds(c),
		.files = &names,
		.assignments = example->options.v,
		.n_assignments = example->options.n,
	};
	return examples_set_command(j, e, &in, err);
}

static int excerpt(struct span s)
{
	return (int)(s.n < 300 ? s.n : 300);
}

static int check_end(const struct program_example *e, const struct result *r, struct error *err)
{
	int64_t expected = e->expect_exit ? *e->expect_exit : 0;

	if (r->outcome == RESULT_EXITED && r->status == expected)
		return 0;
	return refuse(err, -EIO, "%s %d%s%s; standard error: %.*s", result_outcome_word(r->outcome),
		r->status, *r->message ? ", " : "", r->message, excerpt(r->err),
		r->err.p ? r->err.p : "");
}

static int check_stream(const char *what, const char *expected, struct span s, struct error *err)
{
	if (!expected || (s.p && memmem(s.p, s.n, expected, strlen(expected))))
		return 0;
	return refuse(err, -EIO, "'%.100s' is not in its %s: %.*s", expected, what, excerpt(s),
		s.p ? s.p : "");
}

static int check_file(
	const struct kind_list *kinds, const char *name, const struct result *r, struct error *err)
{
	for (size_t i = 0; i < r->n_files; i++) {
		const struct result_file *f = &r->files[i];

		if (!span_equal(f->name, span_of(name)) || f->data.n == 0)
			continue;
		if (kind_magic_fits(kinds, name, f->data))
			return 0;
		return refuse(err, -EIO, "file '%s' does not begin as its name promises", name);
	}
	return refuse(err, -EIO, "file '%s' is missing or empty", name);
}

static int compare(const struct kind_list *kinds, const struct program_example *e,
	const struct result *r, struct error *err)
{
	int status = check_end(e, r, err);

	if (status == 0)
		status = check_stream("output", e->expect_stdout, r->out, err);
	if (status == 0)
		status = check_stream("standard error", e->expect_stderr, r->err, err);
	for (size_t i = 0; i < e->expect_files.n && status == 0; i++)
		status = check_file(kinds, e->expect_files.v[i], r, err);
	return status;
}

int examples_run(const struct run_host *host, const char *store, const struct catalog *c,
	const struct catalog_entry *e, const struct program_example *example, uint64_t *ret_us,
	struct error *err)
{
	cleanup(image_freep) struct image *img = NULL;
	cleanup(result_freep) struct result *result = NULL;
	cleanup(job_freep) struct job *job = job_new();
	struct run_phases phases;

	if (!job)
		return fail(err, -ENOMEM, "prepare the example");
	int r = image_open(store, e->image, &img, err);
	if (r == 0)
		r = examples_make_job(job, c, e, example, err);
	if (r == 0)
		r = run_job(host, img, job, NULL, &result, &phases, err);
	if (r == 0)
		r = compare(catalog_kinds(c), example, result, err);
	if (r == 0)
		*ret_us = phases.total;
	return r;
}

int examples_find(const struct catalog_entry *e, const char *id, const struct program_example **ret,
	struct error *err)
{
	const struct program_examples *all = &e->program->examples;
	cleanup_buf struct buf names = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		if (!id || strcmp(all->v[i].id, id) == 0) {
			*ret = &all->v[i];
			return 0;
		}
		if (buf_addf(&names, "%s%s", i ? ", " : "", all->v[i].id) < 0)
			return fail(err, -ENOMEM, "look for an example");
	}
	return refuse(err, -ENOENT, "program '%s' has no example%s%s%s%.*s", e->id, id ? " '" : "s",
		id ? id : "", id ? "'; it has " : "", (int)names.n, names.p ? names.p : "");
}
