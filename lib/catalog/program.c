/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "check.h"
#include "schema.h"

static const cyaml_schema_field_t doc_fields[] = {
	LIST("kinds", OPTIONAL, struct program_doc, kinds, &schema_kind, 0),
	LIST("programs", OPTIONAL, struct program_doc, programs, &schema_program, 0),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t doc_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct program_doc, doc_fields),
};

void program_doc_free(struct program_doc *d)
{
	schema_free(&doc_schema, d);
}

void program_doc_freep(struct program_doc **d)
{
	program_doc_free(*d);
}

int program_doc_parse(
	const char *path, struct span text, struct program_doc **ret, struct error *err)
{
	const struct place at = { path, text };
	void *data = NULL;

	if (text.n > RECIPE_MAX)
		return refuse(err, -EFBIG, "%s: more than %d bytes", path, RECIPE_MAX);
	int r = schema_load(&doc_schema, path, text, &data, err);
	if (r < 0)
		return r;
	cleanup(program_doc_freep) struct program_doc *doc = data;
	if (!doc)
		return refuse(err, -EINVAL, "%s:1: there is nothing in it", path);
	r = programs_check(&at, &doc->kinds, &doc->programs, true, err);
	if (r < 0)
		return r;

	*ret = take_ptr(doc);
	return 0;
}
