/* SPDX-License-Identifier: MIT */
#include "order.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"
#include "order-values.h"

enum { DIGEST_LENGTH = 71, MODE_DEFAULT = 0644, MODE_MAX = 0777, DIR_MODE_DEFAULT = 0755 };

static int read_image(struct reader *r, const char *field, const json_t *v)
{
	int e = order_take_copy(r, field, v, &r->order->image);
	if (e < 0)
		return e;
	const char *s = r->order->image;
	bool digest = strncmp(s, "sha256:", 7) == 0 && strlen(s) == DIGEST_LENGTH &&
		      strspn(s + 7, "0123456789abcdef") == DIGEST_LENGTH - 7;
	return digest || image_name_valid(s)
		       ? 0
		       : order_fault(r->fault, field,
				 "is neither an image's name nor its digest (sha256:...)");
}

static int read_argv(struct reader *r, const char *field, const json_t *v)
{
	size_t i;
	const json_t *item;
	char at[160];

	int e = order_expect(r, field, v, JSON_ARRAY, "a list of strings");
	if (e < 0)
		return e;
	json_array_foreach(v, i, item)
	{
		const char *s = NULL;

		snprintf(at, sizeof at, "%s[%zu]", field, i);
		e = order_take_string(r, at, item, &s);
		if (e == 0)
			e = strv_add(&r->order->job->argv, s);
		if (e < 0)
			return e;
	}
	return 0;
}

static int read_env(struct reader *r, const char *field, const json_t *v)
{
	const char *key;
	json_t *item;
	char at[160];

	int e = order_expect(r, field, v, JSON_OBJECT, "an object of strings");
	if (e < 0)
		return e;
	json_object_foreach((json_t *)(uintptr_t)v, key, item)
	{
		const char *s = NULL;

		snprintf(at, sizeof at, "%s.%s", field, key);
		if (*key == '\0' || strchr(key, '='))
			return order_fault(r->fault, at, "is no name of a variable");
		e = order_take_string(r, at, item, &s);
		if (e == 0)
			e = strv_addf(&r->order->job->env, "%s=%s", key, s);
		if (e < 0)
			return e;
	}
	return 0;
}

static int read_cwd(struct reader *r, const char *field, const json_t *v)
{
	return order_take_copy(r, field, v, &r->order->job->cwd);
}

static int read_user(struct reader *r, const char *field, const json_t *v)
{
	return order_take_copy(r, field, v, &r->order->job->user);
}

static int read_hostname(struct reader *r, const char *field, const json_t *v)
{
	return order_take_copy(r, field, v, &r->order->job->hostname);
}

static int read_any_stdin(struct reader *r, const char *field, const json_t *v, bool encoded)
{
	struct job *j = r->order->job;

	if (r->order->has_stdin)
		return order_fault(r->fault, field, "is given twice: as stdin and as stdin_base64");
	r->order->has_stdin = true;
	return order_take_bytes(r, field, v, encoded, &j->input, &j->input_n);
}

static int read_stdin(struct reader *r, const char *field, const json_t *v)
{
	return read_any_stdin(r, field, v, false);
}

static int read_stdin_base64(struct reader *r, const char *field, const json_t *v)
{
	return read_any_stdin(r, field, v, true);
}

static int read_cache(struct reader *r, const char *field, const json_t *v)
{
	static const char *const words[] = {
		[CACHE_USE] = "use",
		[CACHE_OFF] = "off",
		[CACHE_REFRESH] = "refresh",
	};
	const char *s = NULL;

	int e = order_take_string(r, field, v, &s);
	if (e < 0)
		return e;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(s, words[i]) == 0) {
			r->order->cache = (enum cache_mode)i;
			return 0;
		}
	return order_fault(r->fault, field, "must be \"use\", \"off\" or \"refresh\"");
}

/* --- limits --- */

#define LIMIT(member, least)                                                                       \
	static int read_##member(struct reader *r, const char *field, const json_t *v)             \
	{                                                                                          \
		return order_take_number(                                                          \
			r, field, v, least, r->most->member, &r->order->job->limits.member);       \
	}

LIMIT(timeout_ms, 1)
LIMIT(memory_bytes, 4 << 20)
LIMIT(output_bytes, 1)
LIMIT(scratch_bytes, 1 << 20)
LIMIT(pids, 1)

static int read_limits(struct reader *r, const char *field, const json_t *v)
{
	static const struct member members[] = {
		{ "timeout_ms", read_timeout_ms },
		{ "memory_bytes", read_memory_bytes },
		{ "output_bytes", read_output_bytes },
		{ "scratch_bytes", read_scratch_bytes },
		{ "pids", read_pids },
		{ 0 },
	};

	int e = order_expect(r, field, v, JSON_OBJECT, "an object");
	return e < 0 ? e : order_read_members(r, v, "limits.", members);
}

/* --- files --- */

static int read_mode(struct reader *r, const char *at, const json_t *v, mode_t *mode)
{
	char field[176];
	uint64_t n = 0;

	if (!v)
		return 0;
	snprintf(field, sizeof field, "%s.mode", at);
	int e = order_take_number(r, field, v, 0, MODE_MAX, &n);
	*mode = (*mode & S_IFMT) | (mode_t)n;
	return e;
}

static int read_contents(struct reader *r, const char *at, const json_t *text,
	const json_t *encoded, char **ret, size_t *ret_n)
{
	char field[176];

	if (!text == !encoded)
		return order_fault(r->fault, at, "needs either text or base64");
	snprintf(field, sizeof field, "%s.%s", at, text ? "text" : "base64");
	return order_take_bytes(r, field, text ? text : encoded, !text, ret, ret_n);
}

/* The one member that no entry may have. */
static int check_file_members(struct reader *r, const char *at, const json_t *v)
{
	static const char *const known[] = { "name", "text", "base64", "mode", "directory" };
	const char *key;
	const json_t *item;
	char field[176];

	json_object_foreach((json_t *)(uintptr_t)v, key, item)
	{
		size_t i = 0;

		while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
			i++;
		snprintf(field, sizeof field, "%s.%s", at, key);
		if (i == sizeof known / sizeof *known)
			return order_unknown(r, field);
	}
	return 0;
}

static int add_file(struct order *o, const char *field, const char *name, mode_t mode, char *data,
	size_t n, struct order_fault *f)
{
	struct error err;

	int e = job_add_file(o->job, name, mode, data, n, &err);
	return e == -EINVAL ? order_fault(f, field, "%s", err.text) : e;
}

static int read_file(struct reader *r, const char *at, const json_t *v)
{
	const json_t *name = json_object_get(v, "name"),
		     *directory = json_object_get(v, "directory");
	cleanup_free char *data = NULL;
	const char *s = NULL;
	char field[176];
	size_t n = 0;

	int e = order_expect(r, at, v, JSON_OBJECT, "an object");
	if (e == 0)
		e = check_file_members(r, at, v);
	if (e < 0)
		return e;
	snprintf(field, sizeof field, "%s.name", at);
	if (!name)
		return order_fault(r->fault, field, "is missing");
	e = order_take_string(r, field, name, &s);
	if (e < 0)
		return e;

	mode_t mode = json_is_true(directory) ? S_IFDIR | DIR_MODE_DEFAULT : S_IFREG | MODE_DEFAULT;
	e = read_mode(r, at, json_object_get(v, "mode"), &mode);
	if (e == 0 && S_ISREG(mode))
		e = read_contents(
			r, at, json_object_get(v, "text"), json_object_get(v, "base64"), &data, &n);
	if (e == 0)
		e = add_file(r->order, field, s, mode, data, n, r->fault);
	if (e == 0)
		data = NULL;
	return e;
}

static int read_files(struct reader *r, const char *field, const json_t *v)
{
	size_t i;
	const json_t *item;
	char at[160];

	int e = order_expect(r, field, v, JSON_ARRAY, "a list of files");
	if (e < 0)
		return e;
	json_array_foreach(v, i, item)
	{
		snprintf(at, sizeof at, "%s[%zu]", field, i);
		e = read_file(r, at, item);
		if (e < 0)
			return e;
	}
	return 0;
}

/* --- the whole --- */

static int read_order(struct reader *r, const json_t *v)
{
	static const struct member members[] = {
		{ "image", read_image },
		{ "argv", read_argv },
		{ "env", read_env },
		{ "cwd", read_cwd },
		{ "user", read_user },
		{ "hostname", read_hostname },
		{ "stdin", read_stdin },
		{ "stdin_base64", read_stdin_base64 },
		{ "files", read_files },
		{ "limits", read_limits },
		{ "cache", read_cache },
		{ 0 },
	};

	int e = order_expect(r, "", v, JSON_OBJECT, "an object");
	if (e == 0)
		e = order_read_members(r, v, "", members);
	if (e == 0 && !r->order->image)
		e = order_fault(r->fault, "image", "is missing");
	return e;
}

int order_read(struct span json, const struct order_limits *limits, struct order *ret,
	struct order_fault *fault)
{
	json_error_t at;

	*fault = (struct order_fault){ 0 };
	cleanup(json_decrefp) json_t *v = json_loadb(
		json.n ? json.p : "", json.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at);
	if (!v)
		return order_fault(fault, "", "the job is not JSON: line %d, column %d: %.200s",
			at.line, at.column, at.text);

	cleanup(order_done) struct order o = { .job = job_new() };
	if (!o.job)
		return -ENOMEM;
	o.job->limits = limits->usual;
	o.job->limits.input_bytes = limits->most.input_bytes;
	struct reader r = { &o, &limits->most, fault };
	int e = read_order(&r, v);
	if (e < 0)
		return e;
	*ret = o;
	o = (struct order){ 0 };
	return 0;
}

int order_add_file(
	struct order *o, const char *name, char *data, size_t n, struct order_fault *fault)
{
	return add_file(o, "file", name, S_IFREG | MODE_DEFAULT, data, n, fault);
}

int order_set_stdin(struct order *o, char *data, size_t n, struct order_fault *fault)
{
	if (o->has_stdin)
		return order_fault(fault, "stdin", "is given twice");
	o->has_stdin = true;
	o->job->input = data;
	o->job->input_n = n;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_names(const struct job *j, struct order_fault *fault)
{
	cleanup_free const char **names = calloc(j->n_files + 1, sizeof *names);

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < j->n_files; i++)
		names[i] = j->files[i].name;
	qsort(names, j->n_files, sizeof *names, compare_names);
	for (size_t i = 1; i < j->n_files; i++)
		if (strcmp(names[i - 1], names[i]) == 0)
			return order_fault(fault, "files", "'%.100s' is there twice", names[i]);
	return 0;
}

int order_check(const struct order *o, struct order_fault *fault)
{
	const char *field = "";
	struct error err;

	*fault = (struct order_fault){ 0 };
	if (job_check_fields(o->job, &field, &err) < 0) {
		fault->too_large = strcmp(field, "files") == 0;
		return order_fault(fault, field, "%s", err.text);
	}
	return check_names(o->job, fault);
}

void order_done(struct order *o)
{
	free(o->image);
	job_free(o->job);
	*o = (struct order){ 0 };
}
