/* SPDX-License-Identifier: MIT */
/* The file: every value as libcyaml gives it, as text, and from there the way of all values. */
#include "config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

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

static size_t line_of_key(struct span text, const char *name)
{
	struct span line, key = span_of(name);

	for (size_t n = 1; span_cut(&text, '\n', &line); n++) {
		while (line.n > 0 && strchr(" \t\"'{,", line.p[0]))
			line = span_skip(line, 1);
		if (span_starts(line, key) && line.n > key.n && strchr(" :\t\"'", line.p[key.n]))
			return n;
	}
	return 1;
}

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

static int set_list(struct config *c, const struct config_row *row, const struct list *l,
	const char *path, struct span text, struct error *err)
{
	size_t line = line_of_key(text, row->name);
	cleanup_buf struct buf all = { 0 };
	int r = buf_add(&all, "", 0);

	for (size_t i = 0; r == 0 && i < l->n; i++) {
		if (strchr(l->v[i], ','))
			return refuse(err, -EINVAL,
				"%s:%zu: at '%s': '%.100s' has a comma: write a list", path,
				text_line_of(text, line, l->v[i]), row->name, l->v[i]);
		r = buf_addf(&all, "%s%s", i ? "," : "", l->v[i]);
	}
	if (r == 0)
		r = buf_add(&all, "", 1);
	return r < 0 ? fail(err, r, "read config '%s'", path)
		     : set_row(c, row, all.p, path, line, err);
}

static int apply(struct config *c, const struct document *d, const char *path, struct span text,
	struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < config_rows_n; i++) {
		const struct config_row *row = &config_rows[i];

		if (d->texts[i])
			r = set_row(c, row, d->texts[i], path, line_of_key(text, row->name), err);
		else if (d->lists[i].v)
			r = set_list(c, row, &d->lists[i], path, text, err);
	}
	return r;
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
	int r = 0;

	make_fields(fields);
	cyaml_err_t e = cyaml_load_data(
		(const uint8_t *)(text.n ? text.p : ""), text.n, &cfg, &schema, &data, NULL);
	if (e == CYAML_ERR_OOM)
		r = fail(err, -ENOMEM, "read config '%s'", path);
	else if (e != CYAML_OK || complaint.what[0])
		r = complaint_refuse(&complaint, path, cyaml_strerror(e), err);
	else if (data)
		r = apply(c, data, path, text, err);
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
