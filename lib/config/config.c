/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "check.h"

const struct config_row config_rows[] = {
#define ROW(member_, type_, name_, value_, fallback_, min_, max_, help_)                           \
	{ .name = name_,                                                                           \
		.value = value_,                                                                   \
		.fallback = fallback_,                                                             \
		.help = help_,                                                                     \
		.type = CONFIG_##type_,                                                            \
		.min = min_,                                                                       \
		.max = max_,                                                                       \
		.offset = offsetof(struct config, member_) },
#define TEXT_ROW(member_, type_, name_, value_, fallback_, check_, help_)                          \
	{ .name = name_,                                                                           \
		.value = value_,                                                                   \
		.fallback = fallback_,                                                             \
		.help = help_,                                                                     \
		.type = CONFIG_##type_,                                                            \
		.check = CONFIG_CHECK_##check_,                                                    \
		.offset = offsetof(struct config, member_) },
#include "rows.inc"
#undef ROW
#undef TEXT_ROW
};

enum { ROWS = sizeof config_rows / sizeof *config_rows };

const size_t config_rows_n = ROWS;

struct config_origins {
	struct config_origin rows[ROWS];
};

const struct config_origin *config_origin(const struct config *c, const struct config_row *row)
{
	return &c->origins->rows[row - config_rows];
}

const struct config_row *config_find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(config_rows[i].name, name) == 0)
			return &config_rows[i];
	return NULL;
}

static void *member(struct config *c, const struct config_row *row)
{
	return (char *)c + row->offset;
}

static int refuse_value(const char *where, const char *text, const char *wanted, struct error *err)
{
	return refuse(err, -EINVAL, "%s: '%.100s' is not %s", where, text, wanted);
}

/* What a person may write, by type. */
static const char *const wanted[] = {
	[CONFIG_NUMBER] = "a whole number",
	[CONFIG_DECIMAL] = "a number such as 10 or 0.5",
	[CONFIG_SIZE] = "a size such as 512M or 4G",
	[CONFIG_DURATION] = "a time such as 10s, 500ms, 2m, 12h or 30d",
	[CONFIG_FLAG] = "yes or no",
};

static int parse_number(const struct config_row *row, const char *text, uint64_t *ret)
{
	struct span s = span_of(text);

	if (row->type == CONFIG_SIZE)
		return parse_size(s, ret);
	if (row->type == CONFIG_DURATION)
		return parse_duration_ms(s, ret);
	return parse_u64(s, UINT64_MAX, ret);
}

static int set_number(uint64_t *to, const struct config_row *row, const char *text,
	const char *where, struct error *err)
{
	uint64_t v;
	int r = parse_number(row, text, &v);

	if (r == -EINVAL)
		return refuse_value(where, text, wanted[row->type], err);
	if (r < 0 || v < row->min || v > row->max)
		return refuse(err, -EINVAL, "%s: '%.100s' is out of range: from %llu to %llu%s",
			where, text, (unsigned long long)row->min, (unsigned long long)row->max,
			row->type == CONFIG_SIZE       ? " bytes"
			: row->type == CONFIG_DURATION ? " ms"
						       : "");
	*to = v;
	return 0;
}

/* Digits with at most three more behind a point. */
static int set_decimal(double *to, const struct config_row *row, const char *text,
	const char *where, struct error *err)
{
	uint64_t thousandths;

	/* What parse_duration_ms() takes without a unit is just that. */
	if (text[strspn(text, "0123456789.")] || parse_duration_ms(span_of(text), &thousandths) < 0)
		return refuse_value(where, text, wanted[CONFIG_DECIMAL], err);
	if (thousandths > row->max * 1000)
		return refuse(err, -EINVAL, "%s: '%.100s' is out of range: at most %llu", where,
			text, (unsigned long long)row->max);
	*to = (double)thousandths / 1000;
	return 0;
}

static int set_flag(bool *to, const char *text, const char *where, struct error *err)
{
	static const char *const words[][2] = { { "no", "yes" }, { "false", "true" }, { "0", "1" },
		{ "off", "on" } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (int v = 0; v < 2; v++)
			if (strcmp(text, words[i][v]) == 0) {
				*to = v;
				return 0;
			}
	return refuse_value(where, text, wanted[CONFIG_FLAG], err);
}

static int check_text(
	const struct config_row *row, const char *text, const char *where, struct error *err)
{
	struct error own;
	int r = config_check(row->check, text, &own);

	return r < 0 ? refuse(err, -EINVAL, "%s: %s", where, own.text) : 0;
}

static int set_text(char **to, const struct config_row *row, const char *text, const char *where,
	struct error *err)
{
	int r = check_text(row, text, where, err);
	char *copy = r < 0 ? NULL : strdup(text);

	if (r < 0)
		return r;
	if (!copy)
		return fail(err, -ENOMEM, "%s", where);
	free(*to);
	*to = copy;
	return 0;
}

/* "a,b" adds two; "" none. */
static int add_values(struct strv *to, const struct config_row *row, const char *text,
	const char *where, struct error *err)
{
	struct span rest = span_of(text), one;
	int r = 0;

	while (r == 0 && span_cut(&rest, ',', &one)) {
		cleanup_free char *value = strndup(one.p, one.n);

		if (!value)
			return fail(err, -ENOMEM, "%s", where);
		r = check_text(row, value, where, err);
		if (r == 0 && strv_add(to, value) < 0)
			r = fail(err, -ENOMEM, "%s", where);
	}
	return r;
}

static int set_list(struct strv *to, const struct config_row *row, const char *text, bool more,
	const char *where, struct error *err)
{
	cleanup_strv struct strv list = { 0 };
	int r = more && strv_add_all(&list, to) < 0 ? fail(err, -ENOMEM, "%s", where) : 0;

	if (r == 0)
		r = add_values(&list, row, text, where, err);
	if (r < 0)
		return r;
	struct strv old = *to;
	*to = list;
	list = old;
	return 0;
}

static int set_word(void *to, const struct config_row *row, const char *text, const char *where,
	struct error *err)
{
	struct error own;
	int r = config_word(row->check, text, &own);

	if (r < 0)
		return refuse(err, -EINVAL, "%s: %s", where, own.text);
	*(unsigned *)to = (unsigned)r; /* an enum of ours */
	return 0;
}

static int set_value(void *to, const struct config_row *row, const char *text, bool more,
	const char *where, struct error *err)
{
	switch (row->type) {
	case CONFIG_TEXT:
		return set_text(to, row, text, where, err);
	case CONFIG_LIST:
		return set_list(to, row, text, more, where, err);
	case CONFIG_DECIMAL:
		return set_decimal(to, row, text, where, err);
	case CONFIG_FLAG:
		return set_flag(to, text, where, err);
	case CONFIG_WORD:
		return set_word(to, row, text, where, err);
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
	case CONFIG_DURATION:
		break;
	}
	return set_number(to, row, text, where, err);
}

/* A value that does not count is checked as one that does. */
static int check_only(
	const struct config_row *row, const char *text, const char *where, struct error *err)
{
	union {
		uint64_t number;
		double decimal;
		bool flag;
		unsigned word;
		char *text;
		struct strv list;
	} v = { .list = { 0 } };

	int r = set_value(&v, row, text, false, where, err);
	if (row->type == CONFIG_TEXT)
		free(v.text);
	if (row->type == CONFIG_LIST)
		strv_done(&v.list);
	return r;
}

int config_set(struct config *c, const struct config_row *row, const char *text,
	enum config_source source, const char *where, struct error *err)
{
	struct config_origin *origin = &c->origins->rows[row - config_rows];

	if (source < origin->source)
		return check_only(row, text, where, err);
	bool more = source == CONFIG_OPTION && origin->source == CONFIG_OPTION;
	cleanup_free char *copy = strdup(where);
	if (!copy)
		return fail(err, -ENOMEM, "%s", where);
	int r = set_value(member(c, row), row, text, more, where, err);
	if (r < 0)
		return r;
	free(origin->where);
	origin->source = source;
	origin->where = take_ptr(copy);
	return 0;
}

struct config *config_new(void)
{
	cleanup(config_freep) struct config *c = calloc(1, sizeof *c);

	if (!c)
		return NULL;
	c->origins = calloc(1, sizeof *c->origins);
	if (!c->origins)
		return NULL;
	for (size_t i = 0; i < ROWS; i++)
		if (config_set(c, &config_rows[i], config_rows[i].fallback, CONFIG_DEFAULT,
			    "default", NULL) < 0)
			return NULL;
	return take_ptr(c);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < ROWS; i++) {
		if (config_rows[i].type == CONFIG_TEXT)
			free(*(char **)member(c, &config_rows[i]));
		if (config_rows[i].type == CONFIG_LIST)
			strv_done(member(c, &config_rows[i]));
		if (c->origins)
			free(c->origins->rows[i].where);
	}
	free(c->origins);
	free(c);
}

void config_freep(struct config **c)
{
	config_free(*c);
}
