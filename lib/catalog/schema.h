/* SPDX-License-Identifier: MIT */
/* What libcyaml is told of our YAML: macros for rows of a schema, and the schemas that several
 * kinds of documents share.
 */
#pragma once

#include <cyaml/cyaml.h>

#include "complaint.h"
#include "recipe.h"

enum {
	SCHEMA_LIST_MAX = 500, /* entries of any list */
	SCHEMA_LINE_MAX = 4096,
	SCHEMA_TEXT_MAX = RECIPE_MAX,
};

#define TEXT(key_, flag, type, member, min, max)                                                   \
	CYAML_FIELD_STRING_PTR(key_, CYAML_FLAG_POINTER | (flag), type, member, min, max)

#define LINE(key_, flag, type, member) TEXT(key_, flag, type, member, 1, SCHEMA_LINE_MAX)

#define LIST(key_, flag_, struct_, member_, entry_, min_)                                          \
	{                                                                                          \
		.key = (key_), .data_offset = offsetof(struct_, member_.v),                        \
		.count_offset = offsetof(struct_, member_.n), .count_size = sizeof(size_t),        \
		.value = {                                                                         \
			.type = CYAML_SEQUENCE,                                                    \
			.flags = CYAML_FLAG_POINTER | (flag_),                                     \
			.data_size = sizeof(*((struct_ *)NULL)->member_.v),                        \
			.sequence = { .entry = (entry_), .min = (min_), .max = SCHEMA_LIST_MAX },  \
		},                                                                                 \
	}

#define OPTIONAL CYAML_FLAG_OPTIONAL

extern const cyaml_schema_value_t schema_line; /* a text, as an entry of a list */
extern const cyaml_schema_value_t schema_kind;
extern const cyaml_schema_value_t schema_program;

/* How all of it is loaded and freed; what is wrong goes to @c, which may be NULL. */
cyaml_config_t schema_config(struct complaint *c);

/*
 * Loads @text. -EINVAL with "PATH:LINE: complaint", -ENOMEM. *@ret is NULL for a document without
 * content; free it with schema_free().
 */
int schema_load(const cyaml_schema_value_t *schema, const char *path, struct span text, void **ret,
	struct error *err);
void schema_free(const cyaml_schema_value_t *schema, void *data); /* NULL is fine */
