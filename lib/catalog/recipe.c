/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "check.h"
#include "complaint.h"
#include "sys/io.h"

enum {
	LIST_MAX = 500, /* entries of any list */
	LINE_MAX_BYTES = 4096,
	FILE_MAX = RECIPE_MAX,
};

#define TEXT(key_, flag, type, member, min, max)                                                   \
	CYAML_FIELD_STRING_PTR(key_, CYAML_FLAG_POINTER | (flag), type, member, min, max)

#define LIST(key_, flag_, struct_, member_, entry_, min_)                                          \
	{                                                                                          \
		.key = (key_), .data_offset = offsetof(struct_, member_.v),                        \
		.count_offset = offsetof(struct_, member_.n), .count_size = sizeof(size_t),        \
		.value = {                                                                         \
			.type = CYAML_SEQUENCE,                                                    \
			.flags = CYAML_FLAG_POINTER | (flag_),                                     \
			.data_size = sizeof(*((struct_ *)NULL)->member_.v),                        \
			.sequence = { .entry = (entry_), .min = (min_), .max = LIST_MAX },         \
		},                                                                                 \
	}

static const cyaml_schema_value_t line = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, LINE_MAX_BYTES),
};

static const cyaml_schema_field_t file_fields[] = {
	TEXT("path", 0, struct recipe_file, path, 1, LINE_MAX_BYTES),
	TEXT("content", 0, struct recipe_file, content, 0, FILE_MAX),
	TEXT("mode", CYAML_FLAG_OPTIONAL, struct recipe_file, mode, 1, 4),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct recipe_file, file_fields),
};

static const cyaml_schema_field_t example_fields[] = {
	LIST("files", CYAML_FLAG_OPTIONAL, struct recipe_example, files, &file, 0),
	LIST("argv", 0, struct recipe_example, argv, &line, 1),
	TEXT("stdin", CYAML_FLAG_OPTIONAL, struct recipe_example, input, 0, FILE_MAX),
	TEXT("expect_stdout", CYAML_FLAG_OPTIONAL, struct recipe_example, expect_stdout, 1,
		FILE_MAX),
	LIST("expect_files", CYAML_FLAG_OPTIONAL, struct recipe_example, expect_files, &line, 0),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t recipe_fields[] = {
	TEXT("name", 0, struct recipe, name, 1, LINE_MAX_BYTES),
	TEXT("title", 0, struct recipe, title, 1, LINE_MAX_BYTES),
	LIST("packages", 0, struct recipe, packages, &line, 1),
	LIST("files", CYAML_FLAG_OPTIONAL, struct recipe, files, &file, 0),
	LIST("setup", CYAML_FLAG_OPTIONAL, struct recipe, setup, &line, 0),
	LIST("env", CYAML_FLAG_OPTIONAL, struct recipe, env, &line, 0),
	LIST("cmd", CYAML_FLAG_OPTIONAL, struct recipe, cmd, &line, 0),
	TEXT("user", CYAML_FLAG_OPTIONAL, struct recipe, user, 1, LINE_MAX_BYTES),
	TEXT("cwd", CYAML_FLAG_OPTIONAL, struct recipe, cwd, 1, LINE_MAX_BYTES),
	CYAML_FIELD_MAPPING_PTR("example", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct recipe,
		example, example_fields),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t recipe_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct recipe, recipe_fields),
};

static cyaml_config_t config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = c ? complaint_log : NULL,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

void recipe_free(struct recipe *r)
{
	cyaml_config_t cfg = config(NULL);

	if (r)
		cyaml_free(&cfg, &recipe_schema, r, 0);
}

void recipe_freep(struct recipe **r)
{
	recipe_free(*r);
}

static int parse(const char *path, struct span text, struct recipe **ret, struct error *err)
{
	struct complaint c = { .text = text };
	cyaml_config_t cfg = config(&c);
	cyaml_data_t *data = NULL;

	cyaml_err_t e = cyaml_load_data(
		(const uint8_t *)(text.n ? text.p : ""), text.n, &cfg, &recipe_schema, &data, NULL);
	cleanup(recipe_freep) struct recipe *r = data;
	if (e == CYAML_ERR_OOM)
		return fail(err, -ENOMEM, "read recipe '%s'", path);
	if (e != CYAML_OK || c.what[0])
		return complaint_refuse(&c, path, cyaml_strerror(e), err);
	if (!r)
		return refuse(err, -EINVAL, "%s:1: the recipe is empty", path);

	*ret = take_ptr(r);
	return 0;
}

int recipe_parse(const char *path, struct span text, struct recipe **ret, struct error *err)
{
	cleanup(recipe_freep) struct recipe *recipe = NULL;

	int r = parse(path, text, &recipe, err);
	if (r < 0)
		return r;
	r = recipe_check(recipe, path, text, err);
	if (r < 0)
		return r;

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
