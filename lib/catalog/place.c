/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { NAME_ROOM = 160 };

static yaml_node_t *value_of(yaml_document_t *doc, const yaml_node_t *map, const char *key)
{
	size_t n = strlen(key);

	if (map->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
		p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *k = yaml_document_get_node(doc, p->key);

		if (k && k->type == YAML_SCALAR_NODE && k->data.scalar.length == n &&
			memcmp(k->data.scalar.value, key, n) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

static yaml_node_t *entry_of(yaml_document_t *doc, const yaml_node_t *list, size_t index)
{
	if (list->type != YAML_SEQUENCE_NODE)
		return NULL;
	const yaml_node_item_t *start = list->data.sequence.items.start;
	size_t n = (size_t)(list->data.sequence.items.top - start);
	return index < n ? yaml_document_get_node(doc, start[index]) : NULL;
}

/* The node at @f, or the last one on the way to it. *@ret_all: whether it is the very one. */
static yaml_node_t *find(yaml_document_t *doc, const struct field *f, bool *ret_all)
{
	if (!f) {
		*ret_all = true;
		return yaml_document_get_root_node(doc);
	}
	yaml_node_t *above = find(doc, f->up, ret_all);
	if (!above || !*ret_all)
		return above;

	yaml_node_t *value = value_of(doc, above, f->key);
	*ret_all = value && f->index == FIELD_WHOLE;
	if (!value || f->index == FIELD_WHOLE)
		return value ? value : above;
	yaml_node_t *entry = entry_of(doc, value, f->index);
	*ret_all = entry != NULL;
	return entry ? entry : value;
}

size_t field_line(const struct place *at, const struct field *f)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	size_t line = 1;
	bool all;

	if (!yaml_parser_initialize(&parser))
		return line;
	yaml_parser_set_input_string(
		&parser, (const unsigned char *)(at->text.n ? at->text.p : ""), at->text.n);
	if (yaml_parser_load(&parser, &doc)) {
		const yaml_node_t *node = find(&doc, f, &all);

		if (node)
			line = node->start_mark.line + 1;
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return line;
}

static size_t put_name(const struct field *f, char *name, size_t n)
{
	size_t at = f->up ? put_name(f->up, name, n) : 0;
	int more =
		f->index == FIELD_WHOLE
			? snprintf(name + at, n - at, "%s%s", at ? "." : "", f->key)
			: snprintf(name + at, n - at, "%s%s[%zu]", at ? "." : "", f->key, f->index);

	at += more > 0 ? (size_t)more : 0;
	return at < n ? at : n - 1;
}

int field_refuse(
	const struct place *at, const struct field *f, struct error *err, const char *fmt, ...)
{
	char name[NAME_ROOM], what[sizeof err->text];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	put_name(f, name, sizeof name);
	return refuse(err, -EINVAL, "%s:%zu: %s: %s", at->path, field_line(at, f), name, what);
}
