/* SPDX-License-Identifier: MIT */
/* What holds of kinds and programs, beyond their schema. */
#include "check.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "expand.h"
#include "image/image.h"
#include "kind.h"

static bool no_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

static bool extension_valid(const char *s)
{
	return no_control(s) && *s && !strchr(s, '/') && strcmp(s, ".") != 0;
}

/* type/subtype, RFC 2045 without parameters. */
static bool media_valid(const char *s)
{
	static const char token[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-";
	size_t n = strspn(s, token);

	return n > 0 && s[n] == '/' && s[n + 1] && s[n + 1 + strspn(s + n + 1, token)] == '\0';
}

/* It becomes a link on our page. */
static bool url_valid(const char *s)
{
	bool scheme = strncmp(s, "https://", 8) == 0 || strncmp(s, "http://", 7) == 0;

	return scheme && no_control(s) && !strpbrk(s, " \"<>\\^`{|}");
}

static int check_kind(const struct place *at, const struct kind *k, size_t i, struct error *err)
{
	const struct field f = { NULL, "kinds", i };
	const struct check_row rows[] = {
		{ "id", k->id, check_is_id, "id (small letters, digits, . _ + -)" },
		{ "title", k->title, check_is_title, "title of one line" },
		{ "media", k->media, media_valid, "media type (text/x-c)" },
		{ "highlight", k->highlight, check_is_id, "name of a language" },
	};

	int r = check_rows(at, &f, rows, sizeof rows / sizeof *rows, err);
	if (r == 0)
		r = check_list(at, &f, "extensions", &k->extensions, extension_valid,
			"end of a file name", err);
	if (r == 0)
		r = check_list(at, &f, "magic", &k->magic, kind_magic_valid,
			"pairs of hex digits or dots", err);
	return r;
}

static int check_kinds(const struct place *at, const struct kind_list *kinds, struct error *err)
{
	for (size_t i = 0; i < kinds->n; i++) {
		const struct field f = { NULL, "kinds", i }, id = { &f, "id", FIELD_WHOLE };

		int r = check_kind(at, &kinds->v[i], i, err);
		if (r < 0)
			return r;
		if (kind_find(kinds, kinds->v[i].id) != &kinds->v[i])
			return field_refuse(at, &id, err, "'%s' is there twice", kinds->v[i].id);
	}
	return 0;
}

static int check_command(
	const struct place *at, const struct field *f, const struct program *p, struct error *err)
{
	for (size_t i = 0; i < p->command.n; i++) {
		const struct field word = { f, "command", i };
		const char *wrong = expand_complaint(p, p->command.v[i]);

		if (wrong)
			return field_refuse(at, &word, err, "'%.80s': %s", p->command.v[i], wrong);
	}
	const struct field first = { f, "command", 0 };
	return p->command.v[0][0] ? 0 : field_refuse(at, &first, err, "no program is named");
}

static int set_time(const char *text, uint64_t *ret)
{
	return parse_duration_ms(span_of(text), ret);
}

static int set_size(const char *text, uint64_t *ret)
{
	return parse_size(span_of(text), ret);
}

static int set_number(const char *text, uint64_t *ret)
{
	return parse_u64(span_of(text), UINT32_MAX, ret);
}

int program_limits_read(
	const struct program_limits *l, struct program_numbers *ret, const char **ret_field)
{
	struct program_numbers n = { 0 };
	const struct {
		const char *key, *text;
		int (*set)(const char *, uint64_t *);
		uint64_t *to;
	} rows[] = {
		{ "timeout", l->timeout, set_time, &n.timeout_ms },
		{ "memory", l->memory, set_size, &n.memory_bytes },
		{ "output", l->output, set_size, &n.output_bytes },
		{ "scratch", l->scratch, set_size, &n.scratch_bytes },
		{ "pids", l->pids, set_number, &n.pids },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (!rows[i].text)
			continue;
		if (rows[i].set(rows[i].text, rows[i].to) < 0 || *rows[i].to == 0) {
			*ret_field = rows[i].key;
			return -EINVAL;
		}
	}
	*ret = n;
	return 0;
}

static int check_limits(
	const struct place *at, const struct field *f, const struct program *p, struct error *err)
{
	const struct field limits = { f, "limits", FIELD_WHOLE };
	struct program_numbers n;
	const char *key = NULL;

	if (!p->limits || program_limits_read(p->limits, &n, &key) == 0)
		return 0;
	const struct field one = { &limits, key, FIELD_WHOLE };
	return field_refuse(at, &one, err, "this makes no limit (20s, 512M, 1G)");
}

static int check_live(
	const struct place *at, const struct field *f, const struct program *p, struct error *err)
{
	const struct field live = { f, "live", FIELD_WHOLE };

	for (size_t i = 0; p->live && i < p->live->command.n; i++) {
		const struct field word = { &live, "command", i };

		if (i == 0 && !p->live->command.v[0][0])
			return field_refuse(at, &word, err, "no program is named");
		if (strstr(p->live->command.v[i], "{file}") ||
			strstr(p->live->command.v[i], "{option"))
			return field_refuse(at, &word, err,
				"it starts before there is a job, so it has no placeholders");
	}
	return 0;
}

static int check_texts(const struct place *at, const struct field *f, const struct program *p,
	bool stranger, struct error *err)
{
	const struct field image = { f, "image", FIELD_WHOLE };
	const struct check_row rows[] = {
		{ "id", p->id, check_is_id, "id (small letters, digits, . _ + -)" },
		{ "title", p->title, check_is_title, "title of one line" },
		{ "summary", p->summary, check_is_title, "summary of one line" },
		{ "documentation", p->documentation, url_valid, "address (https://...)" },
		{ "image", p->image, image_name_valid,
			"image name (lower-case letters, digits, . _ -)" },
	};

	if (p->image && stranger)
		return field_refuse(
			at, &image, err, "an image cannot speak of programs of another one");
	return check_rows(at, f, rows, sizeof rows / sizeof *rows, err);
}

static int check_program(const struct place *at, const struct field *f, const struct program *p,
	bool stranger, struct error *err)
{
	static int (*const parts[])(const struct place *, const struct field *,
		const struct program *, struct error *) = {
		options_check,
		check_command,
		check_limits,
		check_live,
		examples_check,
	};
	static const char kind[] = "kind of file (small letters, digits, . _ + -)";

	int r = check_texts(at, f, p, stranger, err);
	if (r == 0)
		r = check_list(at, f, "inputs", &p->inputs, check_is_id, kind, err);
	if (r == 0)
		r = check_list(at, f, "outputs", &p->outputs, check_is_id, kind, err);
	if (r == 0)
		r = check_list(at, f, "env", &p->env, check_is_env, "KEY=VALUE", err);
	for (size_t i = 0; i < sizeof parts / sizeof *parts && r == 0; i++)
		r = parts[i](at, f, p, err);
	return r;
}

int programs_check(const struct place *at, const struct kind_list *kinds,
	const struct program_list *programs, bool stranger, struct error *err)
{
	int r = check_kinds(at, kinds, err);

	for (size_t i = 0; i < programs->n && r == 0; i++) {
		const struct field f = { NULL, "programs", i }, id = { &f, "id", FIELD_WHOLE };

		r = check_program(at, &f, &programs->v[i], stranger, err);
		for (size_t j = 0; j < i && r == 0; j++)
			if (strcmp(programs->v[i].id, programs->v[j].id) == 0)
				r = field_refuse(
					at, &id, err, "'%s' is there twice", programs->v[i].id);
	}
	return r;
}
