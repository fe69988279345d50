/* SPDX-License-Identifier: MIT */
/* From files and labels into a catalog. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "image/image.h"
#include "place.h"
#include "set.h"
#include "sys/io.h"

int catalog_read_file(const char *path, struct buf *ret, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", path);

	int r = io_read_all(fd, RECIPE_MAX, ret);
	return r < 0 ? fail(err, r, "read '%s'", path) : 0;
}

static int add_file(struct catalog *c, const char *path, struct error *err)
{
	cleanup(source_freep) struct source *s = source_new(path, err);
	if (!s)
		return -ENOMEM;

	int r = catalog_read_file(s->path, &s->text, err);
	if (r == 0)
		r = recipe_parse(path, buf_span(&s->text), &s->recipe, err);
	return r < 0 ? r : catalog_add_source(c, take_ptr(s), err);
}

static int add_kinds_file(struct catalog *c, const char *dir, struct error *err)
{
	cleanup_free char *path = NULL;
	if (asprintf(&path, "%s/kinds.yaml", dir) < 0)
		return fail(err, -ENOMEM, "load catalog '%s'", dir);
	cleanup(source_freep) struct source *s = source_new(path, err);
	if (!s)
		return -ENOMEM;

	int r = catalog_read_file(s->path, &s->text, err);
	if (r == 0)
		r = program_doc_parse(path, buf_span(&s->text), &s->doc, err);
	if (r == 0 && s->doc->programs.n > 0)
		r = refuse(err, -EINVAL, "%s: programs belong to the file of their image", path);
	return r < 0 ? r : catalog_add_source(c, take_ptr(s), err);
}

static int check_name(const struct catalog *c, const char *name, struct error *err)
{
	const struct source *s = c->sources[c->n_sources - 1];
	const struct place at = { s->path, buf_span(&s->text) };
	const struct field f = { NULL, "name", FIELD_WHOLE };

	if (strcmp(s->recipe->name, name) == 0)
		return 0;
	return field_refuse(
		&at, &f, err, "the recipe is named '%s', its file is not", s->recipe->name);
}

int catalog_load(const char *dir, struct catalog **ret, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = catalog_new();
	cleanup_strv struct strv names = { 0 };
	if (!c)
		return fail(err, -ENOMEM, "load catalog '%s'", dir);

	int r = catalog_list(dir, &names, err);
	if (r == 0)
		r = add_kinds_file(c, dir, err);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s.yaml", dir, names.v[i]) < 0)
			return fail(err, -ENOMEM, "load catalog '%s'", dir);
		r = add_file(c, path, err);
		if (r == 0)
			r = check_name(c, names.v[i], err);
	}
	catalog_sort(c);
	if (r == 0)
		r = catalog_check(c, err);
	if (r == 0)
		*ret = take_ptr(c);
	return r;
}

int catalog_load_kinds(const char *dir, struct catalog **ret, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = catalog_new();
	if (!c)
		return fail(err, -ENOMEM, "load the kinds of '%s'", dir);

	int r = add_kinds_file(c, dir, err);
	if (r == 0)
		*ret = take_ptr(c);
	return r;
}

int catalog_load_one(const char *dir, const char *what, struct catalog **ret, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = catalog_new();
	cleanup_free char *path = NULL;
	if (!c)
		return fail(err, -ENOMEM, "load '%s'", what);

	int r = catalog_find_file(dir, what, &path, err);
	if (r == 0)
		r = add_kinds_file(c, dir, err);
	if (r == 0)
		r = add_file(c, path, err);
	if (r == 0)
		r = catalog_check(c, err);
	if (r == 0)
		*ret = take_ptr(c);
	return r;
}

static int check_label(const struct source *s, const char *image, struct error *err)
{
	if (s->doc->programs.n > CATALOG_LABEL_PROGRAMS_MAX)
		return refuse(err, -EINVAL, "%s: more than %d programs", s->path,
			CATALOG_LABEL_PROGRAMS_MAX);
	if (s->doc->kinds.n > CATALOG_LABEL_KINDS_MAX)
		return refuse(
			err, -EINVAL, "%s: more than %d kinds", s->path, CATALOG_LABEL_KINDS_MAX);
	if (!image_name_valid(image))
		return refuse(err, -EINVAL, "%s: '%.80s' is no image name", s->path, image);
	return 0;
}

int catalog_add_label(struct catalog *c, const char *image, struct span text, struct error *err)
{
	cleanup_free char *path = NULL;
	if (asprintf(&path, "%s:" CATALOG_LABEL, image) < 0)
		return fail(err, -ENOMEM, "read the label of image '%s'", image);
	cleanup(source_freep) struct source *s = source_new(path, err);
	if (!s)
		return -ENOMEM;

	s->label = true;
	s->image = strdup(image);
	if (!s->image || buf_add(&s->text, text.p, text.n) < 0)
		return fail(err, -ENOMEM, "read the label of image '%s'", image);
	int r = program_doc_parse(path, buf_span(&s->text), &s->doc, err);
	if (r == 0)
		r = check_label(s, image, err);
	return r < 0 ? r : catalog_add_source(c, take_ptr(s), err);
}

void catalog_add_images(struct catalog *c, struct image *const *images, size_t n,
	void (*say)(void *ctx, const char *text), void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		const char *text = strv_get(&images[i]->labels, CATALOG_LABEL);
		struct error err;

		if (text && catalog_add_label(c, images[i]->name, span_of(text), &err) < 0 && say)
			say(ctx, err.text);
	}
}
