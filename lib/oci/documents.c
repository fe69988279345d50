/* SPDX-License-Identifier: MIT */
#include "documents.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/cleanup.h"

enum {
	STRINGS_MAX = 65536, /* in one list */
};

static void json_freep(json_t **j)
{
	json_decref(*j);
}

#define cleanup_json cleanup(json_freep)

static json_t *parse(struct span text, const char *what, struct error *err)
{
	json_error_t where;
	json_t *j = json_loadb(text.n ? text.p : "", text.n, 0, &where);

	if (!json_is_object(j) && !json_is_array(j))
		refuse(err, -EINVAL, "%s is no JSON: line %d: %s", what, where.line, where.text);
	return j;
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

void oci_list_done(struct oci_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].media_type);
		free(l->v[i].platform);
		free(l->v[i].ref);
	}
	free(l->v);
	*l = (struct oci_list){ 0 };
}

/* "os/architecture/variant" of an object that has these keys; "" when it has none. */
static char *platform_of(const json_t *j)
{
	const char *os = text_of(j, "os"), *arch = text_of(j, "architecture");
	const char *variant = text_of(j, "variant");
	char *s = NULL;

	if (!*os && !*arch)
		return strdup("");
	return asprintf(&s, "%s/%s%s%s", os, arch, *variant ? "/" : "", variant) < 0 ? NULL : s;
}

static int read_descriptor(struct oci_descriptor *d, const json_t *j, struct error *err)
{
	const char *digest = text_of(j, "digest");
	const json_t *size = json_object_get(j, "size");

	if (!sha256_parse(span_of(digest), d->digest))
		return refuse(
			err, -EINVAL, "digest '%.100s' is not of the form sha256:HEX", digest);
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return refuse(err, -EINVAL, "%s has no size", digest);
	d->bytes = (uint64_t)json_integer_value(size);
	d->media_type = strdup(text_of(j, "mediaType"));
	d->platform = platform_of(json_object_get(j, "platform"));
	d->ref = strdup(
		text_of(json_object_get(j, "annotations"), "org.opencontainers.image.ref.name"));
	return d->media_type && d->platform && d->ref ? 0 : fail(err, -ENOMEM, "read %s", digest);
}

/* Adds the descriptors of array @j, called @what. */
static int read_list(
	struct oci_list *l, const json_t *j, size_t max, const char *what, struct error *err)
{
	size_t n = json_array_size(j);

	if (!json_is_array(j))
		return refuse(err, -EINVAL, "it has no list of %s", what);
	if (n > max)
		return refuse(err, -E2BIG, "it has %zu %s, at most %zu can be", n, what, max);
	struct oci_descriptor *v = reallocarray(l->v, l->n + n + 1, sizeof *v);
	if (!v)
		return fail(err, -ENOMEM, "read the list of %s", what);
	l->v = v;
	for (size_t i = 0; i < n; i++) {
		l->v[l->n] = (struct oci_descriptor){ 0 };
		int r = read_descriptor(&l->v[l->n++], json_array_get(j, i), err);
		if (r < 0)
			return r;
	}
	return 0;
}

int oci_index_parse(struct span text, struct oci_list *ret, struct error *err)
{
	cleanup_json json_t *j = parse(text, "the index", err);
	cleanup(oci_list_done) struct oci_list l = { 0 };

	if (!j)
		return -EINVAL;
	int r = read_list(&l, json_object_get(j, "manifests"), OCI_MANIFESTS_MAX, "manifests", err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct oci_list){ 0 };
	return 0;
}

bool oci_is_index(struct span text)
{
	cleanup_json json_t *j = parse(text, "", NULL);

	return json_is_array(json_object_get(j, "manifests"));
}

int oci_manifest_parse(struct span text, struct oci_list *ret, struct error *err)
{
	cleanup_json json_t *j = parse(text, "the manifest", err);
	cleanup(oci_list_done) struct oci_list l = { .v = reallocarray(NULL, 1, sizeof *l.v) };

	if (!j)
		return -EINVAL;
	if (!l.v)
		return fail(err, -ENOMEM, "read a manifest");
	if (!json_is_object(json_object_get(j, "config")))
		return refuse(err, -EINVAL, "it has no config: is it a manifest of version 2?");
	l.v[0] = (struct oci_descriptor){ 0 };
	int r = read_descriptor(&l.v[l.n++], json_object_get(j, "config"), err);
	if (r == 0)
		r = read_list(&l, json_object_get(j, "layers"), OCI_LAYERS_MAX, "layers", err);
	if (r < 0)
		return r;
	*ret = l;
	l = (struct oci_list){ 0 };
	return 0;
}

/* A list of strings, or nothing, or null. */
static int read_strings(struct strv *l, const json_t *j, const char *key, struct error *err)
{
	if (!j || json_is_null(j))
		return 0;
	if (!json_is_array(j) || json_array_size(j) > STRINGS_MAX)
		return refuse(err, -EINVAL, "its '%s' is no list of strings", key);
	for (size_t i = 0; i < json_array_size(j); i++) {
		const char *s = json_string_value(json_array_get(j, i));

		if (!s)
			return refuse(err, -EINVAL, "its '%s' is no list of strings", key);
		if (strv_add(l, s) < 0)
			return fail(err, -ENOMEM, "read a config");
	}
	return 0;
}

static int read_labels(struct strv *l, json_t *j, struct error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach(j, key, value)
	{
		/* A key with '=' could not be told from its value. */
		if (!json_is_string(value) || strchr(key, '='))
			continue;
		if (strv_addf(l, "%s=%s", key, json_string_value(value)) < 0)
			return fail(err, -ENOMEM, "read a config");
	}
	return 0;
}

static int read_diff_ids(struct oci_config *c, const json_t *j, struct error *err)
{
	size_t n = json_array_size(j);

	if (n > OCI_LAYERS_MAX)
		return refuse(
			err, -E2BIG, "it has %zu layers, at most %d can be", n, OCI_LAYERS_MAX);
	c->diff_ids = calloc(n + 1, sizeof *c->diff_ids);
	if (!c->diff_ids)
		return fail(err, -ENOMEM, "read a config");
	for (; c->n_diff_ids < n; c->n_diff_ids++) {
		const char *s = json_string_value(json_array_get(j, c->n_diff_ids));

		if (!s || !sha256_parse(span_of(s), c->diff_ids[c->n_diff_ids]))
			return refuse(
				err, -EINVAL, "its diff_ids are no digests of the form sha256:HEX");
	}
	return 0;
}

/* Environment that is no NAME=VALUE would stop every run: it is left out. */
static void drop_bad_env(struct strv *env)
{
	size_t kept = 0;

	for (size_t i = 0; i < env->n; i++) {
		if (env->v[i][0] == '=' || !strchr(env->v[i], '='))
			free(env->v[i]);
		else
			env->v[kept++] = env->v[i];
	}
	if (env->v)
		env->v[kept] = NULL;
	env->n = kept;
}

int oci_config_parse(struct span text, struct oci_config *ret, struct error *err)
{
	cleanup_json json_t *j = parse(text, "the config", err);
	cleanup(oci_config_done) struct oci_config c = { 0 };
	json_t *config = json_object_get(j, "config");

	if (!j)
		return -EINVAL;
	c.platform = platform_of(j);
	c.cwd = strdup(text_of(config, "WorkingDir"));
	c.user = strdup(text_of(config, "User"));
	if (!c.platform || !c.cwd || !c.user)
		return fail(err, -ENOMEM, "read a config");
	if (strchr(c.cwd, '\n') || strchr(c.user, '\n'))
		return refuse(err, -EINVAL, "its WorkingDir or User has a newline");
	int r = read_strings(
		&c.entrypoint, json_object_get(config, "Entrypoint"), "Entrypoint", err);
	if (r == 0)
		r = read_strings(&c.cmd, json_object_get(config, "Cmd"), "Cmd", err);
	if (r == 0)
		r = read_strings(&c.env, json_object_get(config, "Env"), "Env", err);
	if (r == 0)
		r = read_labels(&c.labels, json_object_get(config, "Labels"), err);
	if (r == 0)
		r = read_diff_ids(
			&c, json_object_get(json_object_get(j, "rootfs"), "diff_ids"), err);
	if (r < 0)
		return r;
	drop_bad_env(&c.env);
	*ret = c;
	c = (struct oci_config){ 0 };
	return 0;
}

void oci_config_done(struct oci_config *c)
{
	free(c->platform);
	free(c->cwd);
	free(c->user);
	strv_done(&c->entrypoint);
	strv_done(&c->cmd);
	strv_done(&c->env);
	strv_done(&c->labels);
	free(c->diff_ids);
	*c = (struct oci_config){ 0 };
}

static bool has_tag(const json_t *image, const char *tag)
{
	const json_t *tags = json_object_get(image, "RepoTags");

	for (size_t i = 0; i < json_array_size(tags); i++) {
		const char *s = json_string_value(json_array_get(tags, i));
		if (s && strcmp(s, tag) == 0)
			return true;
	}
	return false;
}

static const json_t *pick(const json_t *all, const char *tag, struct error *err)
{
	size_t n = json_array_size(all);

	if (n == 0)
		refuse(err, -EINVAL, "manifest.json has no image");
	else if (!tag && n > 1)
		refuse(err, -EINVAL,
			"manifest.json has %zu images: say which, ':NAME:TAG' behind the file", n);
	else if (!tag)
		return json_array_get(all, 0);
	for (size_t i = 0; tag && i < n; i++)
		if (has_tag(json_array_get(all, i), tag))
			return json_array_get(all, i);
	if (tag && n > 0)
		refuse(err, -ENOENT, "manifest.json has no image '%s'", tag);
	return NULL;
}

int oci_docker_parse(struct span text, const char *tag, struct strv *ret_paths, struct error *err)
{
	cleanup_json json_t *j = parse(text, "manifest.json", err);
	const json_t *image = j ? pick(j, tag, err) : NULL;
	const json_t *layers = json_object_get(image, "Layers");

	if (!image)
		return -EINVAL;
	if (!*text_of(image, "Config") || json_array_size(layers) > OCI_LAYERS_MAX)
		return refuse(err, -EINVAL, "manifest.json names no config, or too many layers");
	if (strv_add(ret_paths, text_of(image, "Config")) < 0)
		return fail(err, -ENOMEM, "read manifest.json");
	return read_strings(ret_paths, layers, "Layers", err);
}
