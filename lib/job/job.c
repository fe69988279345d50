/* SPDX-License-Identifier: MIT */
#include "job.h"

#include <errno.h>

#include "base/parse.h"
#include "bundle/bundle.h"

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

const struct job_limits job_limits_default = {
	.timeout_ms = 10000,
	.memory_bytes = GIB,
	.input_bytes = 16 * MIB,
	.output_bytes = 16 * MIB,
	.scratch_bytes = 64 * MIB,
	.pids = 256,
};

struct job *job_new(void)
{
	struct job *j = calloc(1, sizeof *j);

	if (j)
		j->limits = job_limits_default;
	return j;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	strv_done(&j->argv);
	strv_done(&j->env);
	free(j->cwd);
	free(j->user);
	free(j->hostname);
	free(j->input);
	for (size_t i = 0; i < j->n_files; i++) {
		free(j->files[i].name);
		free(j->files[i].data);
	}
	free(j->files);
	free(j);
}

void job_freep(struct job **j)
{
	job_free(*j);
}

int job_add_file(
	struct job *j, const char *name, mode_t mode, char *data, size_t n, struct error *err)
{
	/* "dir/" stands in front of it in the bundle. */
	if (bundle_name_check(span_of(name)) < 0 || strlen(name) > BUNDLE_NAME_MAX - 4)
		return refuse(err, -EINVAL,
			"input file name '%s' is not a plain relative path (no '..', no '/' in "
			"front, at most %d "
			"bytes between slashes)",
			name, BUNDLE_COMPONENT_MAX);
	if (j->n_files >= BUNDLE_ENTRIES_MAX - 16)
		return refuse(err, -EINVAL, "more than %d input files", BUNDLE_ENTRIES_MAX - 16);

	struct job_file *files = reallocarray(j->files, j->n_files + 1, sizeof *files);
	if (!files)
		return fail(err, -ENOMEM, "add input file '%s'", name);
	j->files = files;
	char *copy = strdup(name);
	if (!copy)
		return fail(err, -ENOMEM, "add input file '%s'", name);
	files[j->n_files++] = (struct job_file){ copy, mode, data, n };
	return 0;
}

uint64_t job_input_size(const struct job *j)
{
	uint64_t sum = j->input_n;

	for (size_t i = 0; i < j->n_files; i++)
		sum += j->files[i].n;
	return sum;
}

static int check_range(const char *what, uint64_t v, uint64_t min, uint64_t max, struct error *err)
{
	char its[32], low[32], high[32];

	if (v >= min && v <= max)
		return 0;
	return refuse(err, -EINVAL, "%s, %s, is out of range: from %s to %s", what,
		format_size(its, sizeof its, v), format_size(low, sizeof low, min),
		format_size(high, sizeof high, max));
}

static int check_limits(const struct job *j, struct error *err)
{
	const struct job_limits *l = &j->limits;

	if (l->timeout_ms < 1 || l->timeout_ms > 3600000)
		return refuse(err, -EINVAL,
			"the time limit, %llu ms, is out of range: from 1 ms to 3600 s",
			(unsigned long long)l->timeout_ms);
	if (l->pids < 1 || l->pids > 32768)
		return refuse(err, -EINVAL,
			"the limit of processes, %llu, is out of range: from 1 to 32768",
			(unsigned long long)l->pids);
	int r = check_range("the memory limit", l->memory_bytes, 4 * MIB, 256 * GIB, err);
	if (r == 0)
		r = check_range("the input limit", l->input_bytes, 0, GIB, err);
	if (r == 0)
		r = check_range("the output limit", l->output_bytes, 1, GIB, err);
	if (r == 0)
		r = check_range("the scratch limit", l->scratch_bytes, MIB, 64 * GIB, err);
	return r;
}

/* These travel as lines of a text file. */
static int check_line(const char *what, const char *s, size_t max, struct error *err)
{
	if (s && (strchr(s, '\n') || strlen(s) > max))
		return refuse(err, -EINVAL,
			"%s '%.100s' contains a newline or is longer than %zu bytes", what, s, max);
	return 0;
}

/* As hostname(7) has it. */
static int check_hostname(const struct job *j, struct error *err)
{
	const char *s = j->hostname;
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";

	if (s && (*s == '\0' || strlen(s) > 63 || s[strspn(s, allowed)] != '\0'))
		return refuse(err, -EINVAL,
			"hostname '%s' is not 1 to 63 letters, digits, '-' and '.'", s);
	return 0;
}

static int check_env(const struct job *j, struct error *err)
{
	const struct strv *env = &j->env;

	for (size_t i = 0; i < env->n; i++)
		if (strchr(env->v[i], '=') == NULL || env->v[i][0] == '=')
			return refuse(
				err, -EINVAL, "environment '%s' is not NAME=VALUE", env->v[i]);
	return 0;
}

static int check_cwd(const struct job *j, struct error *err)
{
	return check_line("the working directory", j->cwd, 4095, err);
}

static int check_user(const struct job *j, struct error *err)
{
	return check_line("the user", j->user, 255, err);
}

static int check_size(const struct job *j, struct error *err)
{
	char have[32], may[32];
	uint64_t size = job_input_size(j);

	if (size <= j->limits.input_bytes)
		return 0;
	return refuse(err, -EINVAL, "the input is %s, its limit is %s",
		format_size(have, sizeof have, size),
		format_size(may, sizeof may, j->limits.input_bytes));
}

int job_check_fields(const struct job *j, const char **ret_field, struct error *err)
{
	static const struct {
		const char *field;
		int (*check)(const struct job *j, struct error *err);
	} checks[] = {
		{ "limits", check_limits },
		{ "cwd", check_cwd },
		{ "user", check_user },
		{ "hostname", check_hostname },
		{ "env", check_env },
		{ "files", check_size },
	};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		int r = checks[i].check(j, err);
		if (r < 0) {
			*ret_field = checks[i].field;
			return r;
		}
	}
	return 0;
}

int job_check(const struct job *j, struct error *err)
{
	const char *ignored;

	return job_check_fields(j, &ignored, err);
}
