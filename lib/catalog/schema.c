/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <errno.h>

#include "program.h"

#define ROW(word, value)                                                                           \
	{                                                                                          \
		.str = (word), .val = (value)                                                      \
	}

static const cyaml_strval_t option_types[] = {
	ROW("choice", OPTION_CHOICE),
	ROW("flag", OPTION_FLAG),
	ROW("integer", OPTION_INTEGER),
	ROW("text", OPTION_TEXT),
	ROW("list", OPTION_LIST),
	ROW("arguments", OPTION_ARGUMENTS),
};

const char *option_type_word(enum option_type t)
{
	return option_types[t].str;
}

const cyaml_schema_value_t schema_line = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, SCHEMA_LINE_MAX),
};

/* libcyaml's own booleans take any other word for true. */
static const cyaml_strval_t truths[] = { ROW("false", false), ROW("true", true) };

#define TRUTH(key, type, member)                                                                   \
	CYAML_FIELD_ENUM_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_STRICT | OPTIONAL, type, member, \
		truths, CYAML_ARRAY_LEN(truths))

static const cyaml_schema_field_t kind_fields[] = {
	LINE("id", 0, struct kind, id),
	LINE("title", 0, struct kind, title),
	LIST("extensions", 0, struct kind, extensions, &schema_line, 1),
	LINE("media", OPTIONAL, struct kind, media),
	LINE("highlight", OPTIONAL, struct kind, highlight),
	LIST("magic", OPTIONAL, struct kind, magic, &schema_line, 1),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t schema_kind = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct kind, kind_fields),
};

static const cyaml_schema_field_t choice_fields[] = {
	TEXT("value", 0, struct program_choice, value, 0, SCHEMA_LINE_MAX),
	LINE("title", OPTIONAL, struct program_choice, title),
	LIST("words", OPTIONAL, struct program_choice, words, &schema_line, 0),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t choice = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct program_choice, choice_fields),
};

static const cyaml_schema_field_t option_fields[] = {
	LINE("id", 0, struct program_option, id),
	LINE("title", 0, struct program_option, title),
	LINE("help", OPTIONAL, struct program_option, help),
	CYAML_FIELD_ENUM("type", CYAML_FLAG_STRICT, struct program_option, type, option_types,
		CYAML_ARRAY_LEN(option_types)),
	TEXT("default", OPTIONAL, struct program_option, preset, 0, SCHEMA_LINE_MAX),
	LIST("defaults", OPTIONAL, struct program_option, presets, &schema_line, 0),
	LIST("choices", OPTIONAL, struct program_option, choices, &choice, 1),
	LIST("words", OPTIONAL, struct program_option, words, &schema_line, 1),
	LIST("template", OPTIONAL, struct program_option, templates, &schema_line, 1),
	CYAML_FIELD_INT_PTR("min", CYAML_FLAG_POINTER | OPTIONAL, struct program_option, min),
	CYAML_FIELD_INT_PTR("max", CYAML_FLAG_POINTER | OPTIONAL, struct program_option, max),
	CYAML_FIELD_INT_PTR("step", CYAML_FLAG_POINTER | OPTIONAL, struct program_option, step),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t option = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct program_option, option_fields),
};

static const cyaml_schema_field_t limit_fields[] = {
	LINE("timeout", OPTIONAL, struct program_limits, timeout),
	LINE("memory", OPTIONAL, struct program_limits, memory),
	LINE("output", OPTIONAL, struct program_limits, output),
	LINE("scratch", OPTIONAL, struct program_limits, scratch),
	LINE("pids", OPTIONAL, struct program_limits, pids),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t live_fields[] = {
	LIST("command", 0, struct program_live, command, &schema_line, 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t file_fields[] = {
	LINE("name", 0, struct program_example_file, name),
	TEXT("text", OPTIONAL, struct program_example_file, text, 0, SCHEMA_TEXT_MAX),
	TEXT("base64", OPTIONAL, struct program_example_file, base64, 0, SCHEMA_TEXT_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct program_example_file, file_fields),
};

static const cyaml_schema_field_t example_fields[] = {
	LINE("id", 0, struct program_example, id),
	LINE("title", 0, struct program_example, title),
	LIST("files", OPTIONAL, struct program_example, files, &file, 0),
	LIST("options", OPTIONAL, struct program_example, options, &schema_line, 0),
	TEXT("stdin", OPTIONAL, struct program_example, input, 0, SCHEMA_TEXT_MAX),
	TEXT("expect_stdout", OPTIONAL, struct program_example, expect_stdout, 1, SCHEMA_TEXT_MAX),
	TEXT("expect_stderr", OPTIONAL, struct program_example, expect_stderr, 1, SCHEMA_TEXT_MAX),
	CYAML_FIELD_INT_PTR(
		"expect_exit", CYAML_FLAG_POINTER | OPTIONAL, struct program_example, expect_exit),
	LIST("expect_files", OPTIONAL, struct program_example, expect_files, &schema_line, 0),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t example = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct program_example, example_fields),
};

static const cyaml_schema_field_t program_fields[] = {
	LINE("id", 0, struct program, id),
	LINE("title", 0, struct program, title),
	LINE("summary", OPTIONAL, struct program, summary),
	LINE("documentation", OPTIONAL, struct program, documentation),
	LINE("image", OPTIONAL, struct program, image),
	LIST("inputs", OPTIONAL, struct program, inputs, &schema_line, 0),
	LIST("outputs", OPTIONAL, struct program, outputs, &schema_line, 0),
	LIST("command", 0, struct program, command, &schema_line, 1),
	LIST("options", OPTIONAL, struct program, options, &option, 0),
	LIST("env", OPTIONAL, struct program, env, &schema_line, 0),
	TRUTH("stdin", struct program, input),
	TRUTH("auto", struct program, by_itself),
	CYAML_FIELD_MAPPING_PTR(
		"limits", CYAML_FLAG_POINTER | OPTIONAL, struct program, limits, limit_fields),
	CYAML_FIELD_MAPPING_PTR(
		"live", CYAML_FLAG_POINTER | OPTIONAL, struct program, live, live_fields),
	LIST("examples", OPTIONAL, struct program, examples, &example, 0),
	CYAML_FIELD_END,
};

const cyaml_schema_value_t schema_program = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct program, program_fields),
};

cyaml_config_t schema_config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = c ? complaint_log : NULL,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

int schema_load(const cyaml_schema_value_t *schema, const char *path, struct span text, void **ret,
	struct error *err)
{
	struct complaint c = { .text = text };
	cyaml_config_t cfg = schema_config(&c);
	cyaml_data_t *data = NULL;

	cyaml_err_t e = cyaml_load_data(
		(const uint8_t *)(text.n ? text.p : ""), text.n, &cfg, schema, &data, NULL);
	if (e == CYAML_OK && !c.what[0]) {
		*ret = data;
		return 0;
	}
	schema_free(schema, data);
	if (e == CYAML_ERR_OOM)
		return fail(err, -ENOMEM, "read '%s'", path);
	return complaint_refuse(&c, path, cyaml_strerror(e), err);
}

void schema_free(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t cfg = schema_config(NULL);

	if (data)
		cyaml_free(&cfg, schema, data, 0);
}
