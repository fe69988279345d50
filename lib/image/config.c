/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

struct row {
	const char *key;
	size_t offset; /* in struct image */
};

static const struct row texts[] = {
	{ "digest", offsetof(struct image, digest) },
	{ "title", offsetof(struct image, title) },
	{ "user", offsetof(struct image, user) },
	{ "cwd", offsetof(struct image, cwd) },
	{ "recipe", offsetof(struct image, recipe) },
	{ "platform", offsetof(struct image, platform) },
};

static const struct row lists[] = {
	{ "env", offsetof(struct image, env) },
	{ "entrypoint", offsetof(struct image, entrypoint) },
	{ "cmd", offsetof(struct image, cmd) },
	{ "packages", offsetof(struct image, packages) },
	{ "labels", offsetof(struct image, labels) },
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static char **text_at(struct image *img, const struct row *row)
{
	return (char **)(void *)((char *)img + row->offset);
}

static struct strv *list_at(struct image *img, const struct row *row)
{
	return (struct strv *)(void *)((char *)img + row->offset);
}

static bool digest_valid(const char *s)
{
	return strncmp(s, "sha256:", 7) == 0 && strlen(s) == 7 + 64 &&
	       strspn(s + 7, "0123456789abcdef") == 64;
}

static int read_text(
	char **text, const struct row *row, const json_t *v, const char *path, struct error *err)
{
	if (!v)
		return 0;
	if (!json_is_string(v))
		return refuse(err, -EINVAL, "image config '%s': '%s' is no string", path, row->key);

	char *copy = strdup(json_string_value(v));
	if (!copy)
		return fail(err, -ENOMEM, "read image config '%s'", path);
	free(*text);
	*text = copy;
	return 0;
}

static int read_list(struct strv *list, const struct row *row, const json_t *v, const char *path,
	struct error *err)
{
	if (v && !json_is_array(v))
		return refuse(err, -EINVAL, "image config '%s': '%s' is no list", path, row->key);

	for (size_t i = 0; i < json_array_size(v); i++) {
		const char *s = json_string_value(json_array_get(v, i));
		if (!s)
			return refuse(err, -EINVAL,
				"image config '%s': '%s' holds what is no string", path, row->key);
		if (strv_add(list, s) < 0)
			return fail(err, -ENOMEM, "read image config '%s'", path);
	}
	return 0;
}

static int read_number(
	const json_t *top, const char *key, const char *path, json_int_t *ret, struct error *err)
{
	const json_t *v = json_object_get(top, key);

	if (v && (!json_is_integer(v) || json_integer_value(v) < 0))
		return refuse(
			err, -EINVAL, "image config '%s': '%s' is no whole number", path, key);
	*ret = json_integer_value(v);
	return 0;
}

int image_config_parse(struct image *img, struct span text, const char *path, struct error *err)
{
	json_error_t where;
	cleanup(json_decrefp) json_t *top =
		json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &where);
	if (!json_is_object(top))
		return refuse(err, -EINVAL, "image config '%s', line %d: %s", path,
			top ? 1 : where.line, top ? "no JSON object" : where.text);

	for (size_t i = 0; i < COUNT(texts); i++) {
		int r = read_text(text_at(img, &texts[i]), &texts[i],
			json_object_get(top, texts[i].key), path, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < COUNT(lists); i++) {
		int r = read_list(list_at(img, &lists[i]), &lists[i],
			json_object_get(top, lists[i].key), path, err);
		if (r < 0)
			return r;
	}
	if (!digest_valid(img->digest))
		return refuse(err, -EINVAL, "image config '%s': no 'digest' of the form sha256:HEX",
			path);

	json_int_t created, bytes, metadata;
	int r = read_number(top, "created", path, &created, err);
	if (r == 0)
		r = read_number(top, "bytes", path, &bytes, err);
	if (r == 0)
		r = read_number(top, "metadata_bytes", path, &metadata, err);
	if (r < 0)
		return r;

	img->created = created;
	img->bytes = (uint64_t)bytes;
	img->metadata_bytes = (uint64_t)metadata;
	return 0;
}

static json_t *list_json(const struct strv *list)
{
	json_t *a = json_array();

	for (size_t i = 0; i < list->n; i++)
		json_array_append_new(a, json_string(list->v[i]));
	return a;
}

char *image_config_format(const struct image *img)
{
	cleanup(json_decrefp) json_t *top = json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		"name", img->name, "title", img->title, "digest", img->digest, "bytes",
		(json_int_t)img->bytes, "metadata_bytes", (json_int_t)img->metadata_bytes,
		"created", (json_int_t)img->created, "recipe", img->recipe, "platform",
		img->platform, "user", img->user, "cwd", img->cwd, "env", list_json(&img->env),
		"entrypoint", list_json(&img->entrypoint), "cmd", list_json(&img->cmd), "labels",
		list_json(&img->labels), "packages", list_json(&img->packages));

	return top ? json_dumps(top, JSON_INDENT(2)) : NULL;
}
