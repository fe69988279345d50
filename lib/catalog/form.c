/* SPDX-License-Identifier: MIT */
#include "form.h"

#include <errno.h>
#include <inttypes.h>

#include "base/buf.h"
#include "base/near.h"
#include "base/parse.h"
#include "words.h"

const struct program_option *form_option(const struct program *p, struct span id)
{
	for (size_t i = 0; i < p->options.n; i++)
		if (span_equal(span_of(p->options.v[i].id), id))
			return &p->options.v[i];
	return NULL;
}

static const struct program_choice *find_choice(const struct program_option *o, const char *value)
{
	for (size_t i = 0; i < o->choices.n; i++)
		if (strcmp(o->choices.v[i].value, value) == 0)
			return &o->choices.v[i];
	return NULL;
}

static int check_choice(const struct program_option *o, const char *value, struct error *err)
{
	cleanup_strv struct strv known = { 0 };
	char near[NEAR_TEXT_MAX];

	if (find_choice(o, value))
		return 0;
	for (size_t i = 0; i < o->choices.n; i++)
		if (strv_add(&known, o->choices.v[i].value) < 0)
			return fail(err, -ENOMEM, "look for '%.80s'", value);
	if (near_text(value, &known, near, sizeof near) == 0)
		return refuse(err, -EINVAL, "'%.80s' is not among its choices", value);
	return refuse(err, -EINVAL, "'%.80s' is not among its choices; near: %s", value, near);
}

static int check_flag(const struct program_option *o, const char *value, struct error *err)
{
	(void)o;
	if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
		return 0;
	return refuse(err, -EINVAL, "'%.80s' is neither true nor false", value);
}

int form_integer(const char *s, int64_t *ret)
{
	bool minus = *s == '-';
	const char *digits = s + minus;
	uint64_t n;

	if ((*digits == '0' && digits[1]) || (minus && *digits == '0'))
		return -EINVAL;
	int r = parse_u64(span_of(digits), INT64_MAX, &n);
	if (r == 0)
		*ret = minus ? -(int64_t)n : (int64_t)n;
	return r;
}

static int check_integer(const struct program_option *o, const char *value, struct error *err)
{
	int64_t n = 0;

	if (!*value)
		return 0;
	if (form_integer(value, &n) < 0)
		return refuse(err, -EINVAL, "'%.80s' is no integer", value);
	if (o->min && n < *o->min)
		return refuse(err, -EINVAL, "%" PRId64 " is less than %" PRId64, n, *o->min);
	if (o->max && n > *o->max)
		return refuse(err, -EINVAL, "%" PRId64 " is more than %" PRId64, n, *o->max);
	return 0;
}

static int check_text(const struct program_option *o, const char *value, struct error *err)
{
	(void)o;
	if (strlen(value) > PROGRAM_VALUE_MAX)
		return refuse(err, -EINVAL, "more than %d bytes", PROGRAM_VALUE_MAX);
	return 0;
}

static int check_arguments(const struct program_option *o, const char *value, struct error *err)
{
	cleanup_strv struct strv words = { 0 };

	int r = check_text(o, value, err);
	if (r < 0)
		return r;
	r = words_split(value, &words);
	if (r == -EINVAL)
		return refuse(err, r, "a quote in '%.80s' is not closed", value);
	return r < 0 ? fail(err, r, "read '%.80s'", value) : 0;
}

int form_check(const struct program_option *o, const char *value, struct error *err)
{
	static int (*const checks[])(
		const struct program_option *, const char *, struct error *) = {
		[OPTION_CHOICE] = check_choice,
		[OPTION_FLAG] = check_flag,
		[OPTION_INTEGER] = check_integer,
		[OPTION_TEXT] = check_text,
		[OPTION_LIST] = check_text,
		[OPTION_ARGUMENTS] = check_arguments,
	};

	return checks[o->type](o, value, err);
}

static int refuse_unknown(const struct program *p, struct span id, struct error *err)
{
	cleanup_strv struct strv known = { 0 };
	char near[NEAR_TEXT_MAX];
	cleanup_free char *name = strndup(id.p, id.n);

	for (size_t i = 0; i < p->options.n; i++)
		if (strv_add(&known, p->options.v[i].id) < 0)
			return fail(err, -ENOMEM, "look for an option");
	if (!name || near_text(name, &known, near, sizeof near) == 0)
		return refuse(err, -EINVAL, "program '%s' has no option '%.*s'", p->id,
			(int)(id.n < 80 ? id.n : 80), id.p);
	return refuse(err, -EINVAL, "program '%s' has no option '%.*s'; near names: %s", p->id,
		(int)(id.n < 80 ? id.n : 80), id.p, near);
}

int form_check_assignment(const struct program *p, const char *assignment, struct error *err)
{
	struct span rest = span_of(assignment), id;
	struct error why;

	if (!strchr(assignment, '='))
		return refuse(err, -EINVAL, "'%.80s' is no OPTION=VALUE", assignment);
	span_cut(&rest, '=', &id);
	const struct program_option *o = form_option(p, id);
	if (!o)
		return refuse_unknown(p, id, err);
	int r = form_check(o, rest.p, &why);
	return r < 0 ? refuse(err, r, "option '%s': %s", o->id, why.text) : 0;
}

/* The value in @assignment when it is one to @o. */
static const char *value_for(const struct program_option *o, const char *assignment)
{
	size_t n = strlen(o->id);

	if (strncmp(assignment, o->id, n) == 0 && assignment[n] == '=')
		return assignment + n + 1;
	return NULL;
}

static int add_presets(const struct program_option *o, struct strv *ret)
{
	int r = 0;

	if (o->preset)
		return strv_add(ret, o->preset);
	if (o->type == OPTION_CHOICE)
		return strv_add(ret, o->choices.v[0].value);
	if (o->type == OPTION_FLAG)
		return strv_add(ret, "false");
	for (size_t i = 0; i < o->presets.n && r == 0; i++)
		r = strv_add(ret, o->presets.v[i]);
	return r;
}

int form_values(
	const struct program_option *o, char *const *assignments, size_t n, struct strv *ret)
{
	const char *last = NULL;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const char *value = value_for(o, assignments[i]);

		last = value ? value : last;
		if (value && *value && o->type == OPTION_LIST)
			r = strv_add(ret, value);
	}
	if (!last)
		return add_presets(o, ret);
	if (o->type != OPTION_LIST && r == 0)
		r = strv_add(ret, last);
	return r;
}

/* @template with @value in the place of each "{}". */
static int add_filled(const char *template, const char *value, struct strv *ret)
{
	cleanup_buf struct buf word = { 0 };
	int r = 0;

	for (const char *mark; (mark = strstr(template, "{}")) && r == 0; template = mark + 2) {
		r = buf_add(&word, template, (size_t)(mark - template));
		if (r == 0)
			r = buf_add(&word, value, strlen(value));
	}
	if (r == 0)
		r = buf_add(&word, template, strlen(template));
	return r < 0 ? r : strv_add_span(ret, buf_span(&word));
}

static int add_templates(const struct program_option *o, const char *value, struct strv *ret)
{
	int r = 0;

	for (size_t i = 0; i < o->templates.n && *value && r == 0; i++)
		r = add_filled(o->templates.v[i], value, ret);
	return r;
}

static int add_list(const struct recipe_list *list, struct strv *ret)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++)
		r = strv_add(ret, list->v[i]);
	return r;
}

int form_choice_words(
	const struct program_option *o, const struct program_choice *choice, struct strv *ret)
{
	if (choice->words.n > 0)
		return add_list(&choice->words, ret);
	return add_templates(o, choice->value, ret);
}

static int add_value(const struct program_option *o, const char *value, struct strv *ret)
{
	const struct program_choice *choice = find_choice(o, value);

	switch (o->type) {
	case OPTION_CHOICE:
		return choice ? form_choice_words(o, choice, ret) : -EINVAL;
	case OPTION_FLAG:
		return strcmp(value, "true") == 0 ? add_list(&o->words, ret) : 0;
	case OPTION_ARGUMENTS:
		return words_split(value, ret);
	case OPTION_INTEGER:
	case OPTION_TEXT:
	case OPTION_LIST:
	case OPTION_TYPES:
		break;
	}
	return add_templates(o, value, ret);
}

int form_words(const struct program_option *o, const struct strv *values, struct strv *ret,
	struct error *err)
{
	for (size_t i = 0; i < values->n; i++) {
		int r = add_value(o, values->v[i], ret);

		if (r < 0)
			return fail(err, r, "option '%s'", o->id);
	}
	return 0;
}
