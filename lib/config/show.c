/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "base/parse.h"
#include "check.h"

/* In double quotes all of YAML is text, with the escapes of JSON. */
static void put_quoted(const char *s, FILE *to)
{
	fputc('"', to);
	for (const unsigned char *c = (const unsigned char *)s; *c; c++)
		if (*c == '"' || *c == '\\')
			fprintf(to, "\\%c", *c);
		else if (*c < 0x20 || *c == 0x7f)
			fprintf(to, "\\x%02x", *c);
		else
			fputc(*c, to);
	fputc('"', to);
}

static void put_list(const struct strv *l, FILE *to)
{
	fputc('[', to);
	for (size_t i = 0; i < l->n; i++) {
		fputs(i ? ", " : "", to);
		put_quoted(l->v[i], to);
	}
	fputc(']', to);
}

struct unit {
	uint64_t size;
	const char *text;
};

static void put_units(uint64_t v, const struct unit *units, FILE *to)
{
	while (units->size > 1 && v % units->size != 0)
		units++;
	fprintf(to, "%llu%s", (unsigned long long)(v / units->size), v ? units->text : "");
}

static void put_size(uint64_t v, FILE *to)
{
	static const struct unit units[] = { { 1 << 30, "G" }, { 1 << 20, "M" }, { 1 << 10, "K" },
		{ 1, "" } };

	put_units(v, units, to);
}

static void put_duration(uint64_t v, FILE *to)
{
	static const struct unit units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		{ 1000, "s" }, { 1, "ms" } };

	put_units(v, units, to);
}

static void put_value(const struct config_row *row, const void *v, FILE *to)
{
	switch (row->type) {
	case CONFIG_TEXT:
		put_quoted(*(char *const *)v, to);
		break;
	case CONFIG_LIST:
		put_list(v, to);
		break;
	case CONFIG_NUMBER:
		fprintf(to, "%llu", (unsigned long long)*(const uint64_t *)v);
		break;
	case CONFIG_DECIMAL:
		fprintf(to, "%.10g", *(const double *)v);
		break;
	case CONFIG_SIZE:
		put_size(*(const uint64_t *)v, to);
		break;
	case CONFIG_DURATION:
		put_duration(*(const uint64_t *)v, to);
		break;
	case CONFIG_FLAG:
		fputs(*(const bool *)v ? "yes" : "no", to);
		break;
	case CONFIG_WORD:
		fputs(config_word_text(row->check, *(const unsigned *)v), to);
		break;
	}
}

void config_show(const struct config *c, FILE *to)
{
	for (size_t i = 0; i < config_rows_n; i++) {
		const struct config_row *row = &config_rows[i];

		fprintf(to, "%s: ", row->name);
		put_value(row, (const char *)c + row->offset, to);
		fprintf(to, "  # %s\n", config_origin(c, row)->where);
	}
}
