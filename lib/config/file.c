/* SPDX-License-Identifier: MIT */
/* The file: every value as libcyaml gives it, as text, and from there the way of all values. */
#include "config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "catalog/complaint.h"
#include "sys/io.h"

enum {
	ROWS_MAX = 64,
	FILE_MAX = 1 << 20,
	TEXT_MAX = 4096,
	LIST_MAX = 1000,
};

struct list {
	char **v;
	size_t n;
};

/* Values by row: a text or a list. */
struct document {
	char *texts[ROWS_MAX];
	struct list lists[ROWS_MAX];
};

static const cyaml_schema_value_t text_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, TEXT_MAX),
};

static void text_field(cyaml_schema_field_t *f, size_t i)
{
	*f = (cyaml_schema_field_t){
		.key = config_rows[i].name,
		.data_offset = (uint32_t)(offsetof(struct document, texts) + i * sizeof(char *)),
		.value = text_schema,
	};
	f->value.flags |= CYAML_FLAG_OPTIONAL;
}

static void list_field(cyaml_schema_field_t *f, size_t i)
{
	size_t at = offsetof(struct document, lists) + i * sizeof(struct list);

	*f = (cyaml_schema_field_t){
		.key = config_rows[i].name,
		.data_offset = (uint32_t)(at + offsetof(struct list, v)),
		.count_offset = (uint32_t)(at + offsetof(struct list, n)),
		.count_size = sizeof(size_t),
		.value = {
			.type = CYAML_SEQUENCE,
			.flags = CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
			.data_size = sizeof(char *),
			.sequence = { .entry = &text_schema, .min = 0, .max = LIST_MAX },
		},
	};
}

/* The schema is made of the rows; @fields has room for one more than there are. */
static void make_fields(cyaml_schema_field_t *fields)
{
	for (size_t i = 0; i < config_rows_n; i++)
		if (config_rows[i].type == CONFIG_LIST)
			list_field(&fields[i], i);
		else
			text_field(&fields[i], i);
	fields[config_rows_n] = (cyaml_schema_field_t){ 0 };
}

/* Where each row's key stands, from 1; 0: nowhere. libcyaml tells neither this nor an empty list
 * from none. */
struct places {
	size_t line[ROWS_MAX];
};

static int set_row(struct config *c, const struct config_row *row, const char *value,
	const char *path, size_t line, struct error *err)
{
	cleanup_free char *where = NULL;
	cleanup_free char *place = NULL;
	struct error own;

	if (asprintf(&where, "%s:%zu", path, line) < 0)
		where = NULL;
	if (asprintf(&place, "%s:%zu: at '%s'", path, line, row->name) < 0)
		place = NULL;
	if (!where || !place)
		return fail(err, -ENOMEM, "read config '%s'", path);
	/* Messages name the field as well. */
	int r = config_set(c, row, value, CONFIG_FILE, where, &own);
	if (r < 0)
		return refuse(err, r, "%s%s", place,
			own.text + (strstr(own.text, where) == own.text ? strlen(where) : 0));
	return 0;
}

/* @text: to find the line of an entry. */
static int set_list(struct config *c, const struct config_row *row, const struct list *l,
	const char *path, size_t line, struct span text, struct error *err)
{
	cleanup_buf struct buf all = { 0 };
	int r = buf_add(&all, "", 0);

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		if (!*l->v[i] || strchr(l->v[i], ','))
			return refuse(err, -EINVAL,
				"%s:%zu: at '%s': '%.100s' is empty or has a comma: write a list",
				path, text_line_of(text, line, l->v[i]), row->name, l->v[i]);
		r = buf_addf(&all, "%s%s", i ? "," : "", l->v[i]);
	}
	if (r == 0)
		r = buf_add(&all, "", 1);
	return r < 0 ? fail(err, r, "read config '%s'", path)
		     : set_row(c, row, all.p, path, line, err);
}

static int apply(struct config *c, const struct document *d, const struct places *places,
	const char *path, struct span text, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < config_rows_n; i++) {
		const struct config_row *row = &config_rows[i];
		size_t line = places->line[i];

		if (line == 0)
			continue;
		if (row->type == CONFIG_LIST)
			r = set_list(c, row, &d->lists[i], path, line, text, err);
		else
			r = set_row(c, row, d->texts[i] ? d->texts[i] : "", path, line, err);
	}
	return r;
}

static void delete_event(yaml_event_t *e)
{
	yaml_event_delete(e);
}

/* Where a walk over the events is: keys and values take turns at depth 1, in the document's
 * mapping. */
struct walk {
	int depth;
	bool value;
	bool end;
	struct places *places;
};

static void note_key(struct walk *w, const yaml_event_t *e)
{
	const struct config_row *row = config_find((const char *)e->data.scalar.value);

	if (row)
		w->places->line[row - config_rows] = e->start_mark.line + 1;
}

static void walk_event(struct walk *w, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
	case YAML_ALIAS_EVENT:
		if (w->depth == 1 && !w->value && e->type == YAML_SCALAR_EVENT)
			note_key(w, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		w->depth++;
		return;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		w->depth--;
		break;
	case YAML_STREAM_END_EVENT:
		w->end = true;
		return;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return;
	}
	if (w->depth == 1)
		w->value = !w->value;
}

static bool next_event(yaml_parser_t *p, struct walk *w)
{
	cleanup(delete_event) yaml_event_t e = { 0 };

	if (!yaml_parser_parse(p, &e))
		return false;
	walk_event(w, &e);
	return true;
}

/* libcyaml does not tell where libyaml found that it is no YAML at all. */
static int find_places(struct places *places, const char *path, struct span text, struct error *err)
{
	cleanup(yaml_parser_delete) yaml_parser_t p = { 0 };
	struct walk w = { .places = places };

	if (!yaml_parser_initialize(&p))
		return fail(err, -ENOMEM, "read config '%s'", path);
	yaml_parser_set_input_string(&p, (const unsigned char *)(text.n ? text.p : ""), text.n);
	while (!w.end && next_event(&p, &w))
		continue;
	if (w.end)
		return 0;
	size_t line = p.problem_mark.line;
	if (p.error == YAML_READER_ERROR)
		for (size_t i = line = 0; i < p.problem_offset && i < text.n; i++)
			line += text.p[i] == '\n';
	return refuse(
		err, -EINVAL, "%s:%zu: %s", path, line + 1, p.problem ? p.problem : "no YAML");
}

int config_parse(struct config *c, const char *path, struct span text, struct error *err)
{
	cyaml_schema_field_t fields[ROWS_MAX + 1];
	const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct document, fields),
	};
	struct complaint complaint = { .text = text };
	const cyaml_config_t cfg = {
		.log_fn = complaint_log,
		.log_ctx = &complaint,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
	cyaml_data_t *data = NULL;

	struct places places = { 0 };

	int r = find_places(&places, path, text, err);
	if (r < 0)
		return r;
	make_fields(fields);
	cyaml_err_t e = cyaml_load_data(
		(const uint8_t *)(text.n ? text.p : ""), text.n, &cfg, &schema, &data, NULL);
	if (e == CYAML_ERR_OOM)
		r = fail(err, -ENOMEM, "read config '%s'", path);
	else if (e != CYAML_OK || complaint.what[0])
		r = complaint_refuse(&complaint, path, cyaml_strerror(e), err);
	else if (data)
		r = apply(c, data, &places, path, text, err);
	cyaml_free(&cfg, &schema, data, 0);
	return r;
}

int config_read_file(struct config *c, const char *path, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open config '%s'", path);

	cleanup_buf struct buf text = { 0 };
	int r = io_read_all(fd, FILE_MAX, &text);
	if (r < 0)
		return fail(err, r, "read config '%s'", path);
	return config_parse(c, path, buf_span(&text), err);
}
