/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "check.h"
#include "schema.h"
#include "sys/io.h"

static const cyaml_schema_field_t file_fields[] = {
	LINE("path", 0, struct recipe_file, path),
	TEXT("content", 0, struct recipe_file, content, 0, SCHEMA_TEXT_MAX),
	TEXT("mode", OPTIONAL, struct recipe_file, mode, 1, 4),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct recipe_file, file_fields),
};

static const cyaml_schema_field_t recipe_fields[] = {
	LINE("name", 0, struct recipe, name),
	LINE("title", 0, struct recipe, title),
	LIST("packages", OPTIONAL, struct recipe, packages, &schema_line, 1),
	LIST("files", OPTIONAL, struct recipe, files, &file, 0),
	LIST("setup", OPTIONAL, struct recipe, setup, &schema_line, 0),
	LIST("env", OPTIONAL, struct recipe, env, &schema_line, 0),
	LIST("cmd", OPTIONAL, struct recipe, cmd, &schema_line, 0),
	LINE("user", OPTIONAL, struct recipe, user),
	LINE("cwd", OPTIONAL, struct recipe, cwd),
	CYAML_FIELD_INT_PTR("order", CYAML_FLAG_POINTER | OPTIONAL, struct recipe, order),
	LIST("kinds", OPTIONAL, struct recipe, kinds, &schema_kind, 0),
	LIST("programs", OPTIONAL, struct recipe, programs, &schema_program, 0),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t recipe_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct recipe, recipe_fields),
};

void recipe_free(struct recipe *r)
{
	schema_free(&recipe_schema, r);
}

void recipe_freep(struct recipe **r)
{
	recipe_free(*r);
}

int recipe_parse(const char *path, struct span text, struct recipe **ret, struct error *err)
{
	void *data = NULL;

	int e = schema_load(&recipe_schema, path, text, &data, err);
	if (e < 0)
		return e;
	cleanup(recipe_freep) struct recipe *recipe = data;
	if (!recipe)
		return refuse(err, -EINVAL, "%s:1: the recipe is empty", path);
	e = recipe_check(recipe, path, text, err);
	if (e < 0)
		return e;

	*ret = take_ptr(recipe);
	return 0;
}

int recipe_load(const char *path, struct recipe **ret, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open recipe '%s'", path);

	cleanup_buf struct buf text = { 0 };
	int r = io_read_all(fd, RECIPE_MAX, &text);
	if (r < 0)
		return fail(err, r, "read recipe '%s'", path);
	return recipe_parse(path, buf_span(&text), ret, err);
}
