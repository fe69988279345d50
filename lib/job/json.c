/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

static json_t *base64(struct span s)
{
	cleanup_free char *text = malloc(4 * (s.n / 3 + 1) + 1);

	if (!text)
		return NULL;
	int n = EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)s.p, (int)s.n);
	return json_stringn(text, (size_t)n);
}

/* @key: the bytes as text, or @key64: as base64 when they are no UTF-8. 0, or -1 without memory. */
static int set_bytes(json_t *o, const char *key, const char *key64, struct span s)
{
	/* jansson refuses what is not UTF-8. */
	json_t *text = json_stringn(s.n ? s.p : "", s.n);

	return text ? json_object_set_new(o, key, text) : json_object_set_new(o, key64, base64(s));
}

static json_t *file_to_json(const struct result_file *f)
{
	char mode[8];
	json_t *o = json_object();

	snprintf(mode, sizeof mode, "%04o", (unsigned)(f->mode & 0777));
	set_bytes(o, "name", "name_base64", f->name);
	json_object_set_new(o, "mode", json_string(mode));
	if (S_ISDIR(f->mode)) {
		json_object_set_new(o, "directory", json_true());
		return o;
	}
	json_object_set_new(o, "bytes", json_integer((json_int_t)f->data.n));
	return o;
}

static json_t *files_to_json(const struct result *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->n_files; i++)
		json_array_append_new(a, file_to_json(&r->files[i]));
	return a;
}

static json_t *skipped_to_json(const struct result *r)
{
	json_t *a = json_array();

	for (size_t i = 0; i < r->n_skipped; i++) {
		json_t *o = json_object();
		set_bytes(o, "name", "name_base64", r->skipped[i].name);
		set_bytes(o, "reason", "reason_base64", r->skipped[i].reason);
		json_array_append_new(a, o);
	}
	return a;
}

/* A message is for people: what is no UTF-8 in it (it may quote a name) becomes question marks. */
static json_t *readable(const char *message)
{
	char text[sizeof((struct result *)NULL)->message];
	json_t *s = json_string(message);

	if (s)
		return s;
	snprintf(text, sizeof text, "%s", message);
	for (char *c = text; *c; c++)
		if (*c & 0x80)
			*c = '?';
	return json_string(text);
}

static json_t *milliseconds(uint64_t us)
{
	return json_real((double)us / 1000);
}

static void set_ending(json_t *o, const struct result *r)
{
	char name[16];

	json_object_set_new(o, "outcome", json_string(result_outcome_word(r->outcome)));
	if (r->outcome == RESULT_EXITED)
		json_object_set_new(o, "code", json_integer(r->status));
	if (r->outcome == RESULT_SIGNALED)
		json_object_set_new(o, "signal",
			sigabbrev_np(r->status) ? json_string(result_signal_name(r->status, name))
						: json_integer(r->status));
	if (r->message[0])
		json_object_set_new(o, "message", readable(r->message));
}

static void set_rest(json_t *o, const struct result *r, const struct result_origin *origin)
{
	json_object_set_new(o, "files", files_to_json(r));
	json_object_set_new(o, "skipped", skipped_to_json(r));
	if (r->skipped_more > 0)
		json_object_set_new(o, "skipped_more", json_integer((json_int_t)r->skipped_more));
	json_object_set_new(o, "wall_ms", milliseconds(r->wall_us));
	json_object_set_new(o, "user_ms", milliseconds(r->user_us));
	json_object_set_new(o, "system_ms", milliseconds(r->system_us));
	json_object_set_new(o, "startup_ms", milliseconds(r->startup_us));
	json_object_set_new(o, "peak_memory_bytes", json_integer((json_int_t)r->peak_bytes));
	json_object_set_new(o, "image", json_string(origin->image));
	if (origin->image_digest)
		json_object_set_new(o, "image_digest", json_string(origin->image_digest));
	json_object_set_new(o, "engine", json_string(origin->engine));
	json_object_set_new(o, "start", json_string(r->is_clone ? "clone" : "cold"));
}

json_t *result_summary_to_json(const struct result *r, const struct result_origin *origin)
{
	json_t *o = json_object();

	if (!o)
		return NULL;
	set_ending(o, r);
	set_rest(o, r, origin);
	return o;
}

static void set_streams(json_t *o, struct span out, struct span err)
{
	set_bytes(o, "stdout", "stdout_base64", out);
	set_bytes(o, "stderr", "stderr_base64", err);
}

static void set_contents(json_t *o, const struct span *files)
{
	size_t i;
	json_t *file;

	json_array_foreach(json_object_get(o, "files"), i, file)
	{
		if (!json_object_get(file, "directory"))
			set_bytes(file, "text", "base64", *files++);
	}
}

void result_json_add_contents(json_t *o, struct span out, struct span err, const struct span *files)
{
	set_streams(o, out, err);
	set_contents(o, files);
}

json_t *result_to_json(const struct result *r, const struct result_origin *origin)
{
	json_t *o = json_object();
	cleanup_free struct span *files = calloc(r->n_files + 1, sizeof *files);
	size_t n = 0;

	if (!o || !files) {
		json_decref(o);
		return NULL;
	}
	for (size_t i = 0; i < r->n_files; i++)
		if (!S_ISDIR(r->files[i].mode))
			files[n++] = r->files[i].data;
	set_ending(o, r);
	set_streams(o, r->out, r->err);
	set_rest(o, r, origin);
	set_contents(o, files);
	return o;
}
