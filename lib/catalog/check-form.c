/* SPDX-License-Identifier: MIT */
/* What holds of options and examples, beyond their schema. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/base64.h"
#include "bundle/bundle.h"
#include "check.h"
#include "form.h"

/* Which members an option of a type has. */
enum part {
	PART_NEVER,
	PART_MAYBE,
	PART_MUST,
};

struct parts {
	enum part choices, words, templates, range, preset, presets;
};

static const struct parts parts_of[] = {
	[OPTION_CHOICE] = { .choices = PART_MUST, .templates = PART_MAYBE, .preset = PART_MAYBE },
	[OPTION_FLAG] = { .words = PART_MUST, .preset = PART_MAYBE },
	[OPTION_INTEGER] = { .templates = PART_MUST, .range = PART_MAYBE, .preset = PART_MAYBE },
	[OPTION_TEXT] = { .templates = PART_MUST, .preset = PART_MAYBE },
	[OPTION_LIST] = { .templates = PART_MUST, .presets = PART_MAYBE },
	[OPTION_ARGUMENTS] = { .preset = PART_MAYBE },
};

static int check_parts(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	const struct parts *parts = &parts_of[o->type];
	const struct {
		const char *key;
		bool there;
		enum part part;
	} rows[] = {
		{ "choices", o->choices.n > 0, parts->choices },
		{ "words", o->words.n > 0, parts->words },
		{ "template", o->templates.n > 0, parts->templates },
		{ "min", o->min != NULL, parts->range },
		{ "max", o->max != NULL, parts->range },
		{ "step", o->step != NULL, parts->range },
		{ "default", o->preset != NULL, parts->preset },
		{ "defaults", o->presets.n > 0, parts->presets },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct field key = { f, rows[i].key, FIELD_WHOLE };

		if (rows[i].there && rows[i].part == PART_NEVER)
			return field_refuse(at, &key, err, "an option of type %s has none",
				option_type_word(o->type));
		if (!rows[i].there && rows[i].part == PART_MUST)
			return field_refuse(at, &key, err, "an option of type %s needs it",
				option_type_word(o->type));
	}
	return 0;
}

static int check_range(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	const struct field max = { f, "max", FIELD_WHOLE }, step = { f, "step", FIELD_WHOLE };

	if (o->min && o->max && *o->max < *o->min)
		return field_refuse(at, &max, err, "less than min");
	if (o->step && *o->step < 1)
		return field_refuse(at, &step, err, "less than 1");
	return 0;
}

static int check_choices(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	for (size_t i = 0; i < o->choices.n; i++) {
		const struct program_choice *c = &o->choices.v[i];
		const struct field one = { f, "choices", i };
		const struct field value = { &one, "value", FIELD_WHOLE };
		const struct check_row rows[] = {
			{ "value", c->value, check_is_title, "text of one line" },
			{ "title", c->title, check_is_title, "title of one line" },
		};

		int r = check_rows(at, &one, rows, sizeof rows / sizeof *rows, err);
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(o->choices.v[j].value, c->value) == 0)
				return field_refuse(
					at, &value, err, "'%.80s' is there twice", c->value);
	}
	return 0;
}

static int check_presets(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	const struct field preset = { f, "default", FIELD_WHOLE };
	struct error why;

	if (o->preset && form_check(o, o->preset, &why) < 0)
		return field_refuse(at, &preset, err, "%s", why.text);
	for (size_t i = 0; i < o->presets.n; i++) {
		const struct field entry = { f, "defaults", i };

		if (form_check(o, o->presets.v[i], &why) < 0)
			return field_refuse(at, &entry, err, "%s", why.text);
	}
	return 0;
}

/* Without a "{}" the value would be lost. */
static int check_templates(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	const struct field template = { f, "template", FIELD_WHOLE };
	bool used = o->templates.n == 0;

	for (size_t i = 0; i < o->templates.n; i++)
		used = used || strstr(o->templates.v[i], "{}");
	return used ? 0 : field_refuse(at, &template, err, "none of its words has a {}");
}

static int check_option(const struct place *at, const struct field *f,
	const struct program_option *o, struct error *err)
{
	static int (*const checks[])(const struct place *, const struct field *,
		const struct program_option *, struct error *) = {
		check_parts,
		check_range,
		check_choices,
		check_templates,
		check_presets,
	};
	const struct check_row rows[] = {
		{ "id", o->id, check_is_id, "id (small letters, digits, . _ + -)" },
		{ "title", o->title, check_is_title, "title of one line" },
		{ "help", o->help, check_is_title, "text of one line" },
	};

	int r = check_rows(at, f, rows, sizeof rows / sizeof *rows, err);
	for (size_t i = 0; i < sizeof checks / sizeof *checks && r == 0; i++)
		r = checks[i](at, f, o, err);
	return r;
}

int options_check(
	const struct place *at, const struct field *f, const struct program *p, struct error *err)
{
	for (size_t i = 0; i < p->options.n; i++) {
		const struct program_option *o = &p->options.v[i];
		const struct field one = { f, "options", i }, id = { &one, "id", FIELD_WHOLE };

		int r = check_option(at, &one, o, err);
		if (r < 0)
			return r;
		if (form_option(p, span_of(o->id)) != o)
			return field_refuse(at, &id, err, "'%s' is there twice", o->id);
	}
	return 0;
}

static bool name_valid(const char *s)
{
	return bundle_name_check(span_of(s)) == 0 && check_is_title(s);
}

static int check_file(const struct place *at, const struct field *f,
	const struct program_example_file *file, struct error *err)
{
	static const char what[] = "relative path without '.' and '..'";
	const struct check_row row = { "name", file->name, name_valid, what };
	const struct field base64 = { f, "base64", FIELD_WHOLE };

	int r = check_rows(at, f, &row, 1, err);
	if (r < 0)
		return r;
	if (!file->text == !file->base64)
		return field_refuse(at, f, err, "needs either text or base64");
	if (file->base64 && base64_decode(span_of(file->base64), NULL) < 0)
		return field_refuse(at, &base64, err, "this is no base64");
	return 0;
}

static int check_files(const struct place *at, const struct field *f,
	const struct program_example *e, struct error *err)
{
	for (size_t i = 0; i < e->files.n; i++) {
		const struct field one = { f, "files", i }, name = { &one, "name", FIELD_WHOLE };

		int r = check_file(at, &one, &e->files.v[i], err);
		if (r < 0)
			return r;
		for (size_t j = 0; j < i; j++)
			if (strcmp(e->files.v[i].name, e->files.v[j].name) == 0)
				return field_refuse(
					at, &name, err, "'%s' is there twice", e->files.v[i].name);
	}
	return 0;
}

static int check_example(const struct place *at, const struct field *f, const struct program *p,
	const struct program_example *e, struct error *err)
{
	const struct field input = { f, "stdin", FIELD_WHOLE };
	const struct check_row rows[] = {
		{ "id", e->id, check_is_id, "id (small letters, digits, . _ + -)" },
		{ "title", e->title, check_is_title, "title of one line" },
	};
	struct error why;

	int r = check_rows(at, f, rows, sizeof rows / sizeof *rows, err);
	if (r == 0)
		r = check_files(at, f, e, err);
	if (r == 0)
		r = check_list(at, f, "expect_files", &e->expect_files, name_valid,
			"relative path without '.' and '..'", err);
	for (size_t i = 0; i < e->options.n && r == 0; i++) {
		const struct field one = { f, "options", i };

		if (form_check_assignment(p, e->options.v[i], &why) < 0)
			r = field_refuse(at, &one, err, "%s", why.text);
	}
	if (r == 0 && e->input && !(p->input && *p->input))
		r = field_refuse(at, &input, err, "the program does not read it (stdin: true)");
	return r;
}

int examples_check(
	const struct place *at, const struct field *f, const struct program *p, struct error *err)
{
	for (size_t i = 0; i < p->examples.n; i++) {
		const struct field one = { f, "examples", i }, id = { &one, "id", FIELD_WHOLE };

		int r = check_example(at, &one, p, &p->examples.v[i], err);
		for (size_t j = 0; j < i && r == 0; j++)
			if (strcmp(p->examples.v[i].id, p->examples.v[j].id) == 0)
				r = field_refuse(
					at, &id, err, "'%s' is there twice", p->examples.v[i].id);
		if (r < 0)
			return r;
	}
	return 0;
}
