/* SPDX-License-Identifier: MIT */
#include "complaint.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

static const char unknown_key[] = "Load: Unexpected key: ";
static const char seen_key[] = "Load: Mapping field already seen: ";

/* What stands in @text behind @before, up to the first of @end. */
static struct span between(const char *text, const char *before, const char *end)
{
	const char *p = strstr(text, before);

	if (!p)
		return (struct span){ 0 };
	p += strlen(before);
	return (struct span){ p, strcspn(p, end) };
}

/* The backtrace has a line for each level, the innermost first: "  in mapping field 'env' (line: 4,
 * column: 7)". */
static void read_backtrace(struct complaint *c, const char *text)
{
	struct span field = between(text, "mapping field '", "'");
	uint64_t line;

	if (!c->line && parse_u64(between(text, "(line: ", ","), SIZE_MAX, &line) == 0)
		c->line = line;
	if (!c->field[0] && field.n > 0)
		snprintf(c->field, sizeof c->field, "%.*s", (int)field.n, field.p);
}

void complaint_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char text[sizeof c->what];

	(void)level;
	vsnprintf(text, sizeof text, fmt, args);
	text[strcspn(text, "\n")] = '\0';

	if (strncmp(text, "  in ", 5) == 0)
		read_backtrace(c, text);
	else if (!c->what[0] && strcmp(text, "Load: Backtrace:") != 0)
		memcpy(c->what, text, sizeof text);
}

/* The place that comes with a wrong key is the one of the value before it. */
static void place_key(struct complaint *c)
{
	const char *key = NULL;
	size_t from = c->line ? c->line : 1;

	if (strncmp(c->what, unknown_key, sizeof unknown_key - 1) == 0)
		key = c->what + sizeof unknown_key - 1;
	if (strncmp(c->what, seen_key, sizeof seen_key - 1) == 0) {
		key = c->what + sizeof seen_key - 1;
		from++;
	}
	if (!key)
		return;
	c->line = text_line_of(c->text, from, key);
	c->field[0] = '\0';
}

int complaint_refuse(
	struct complaint *c, const char *path, const char *otherwise, struct error *err)
{
	const char *what = c->what[0] ? c->what : otherwise;

	place_key(c);
	if (strncmp(what, "Load: ", 6) == 0)
		what += 6;
	return refuse(err, -EINVAL, "%s:%zu: %s%s%s%s", path, c->line ? c->line : 1,
		c->field[0] ? "at '" : "", c->field, c->field[0] ? "': " : "", what);
}

static bool is_border(char c)
{
	return strchr(" \t\r\n'\"[]{},:-", c) != NULL; /* NUL as well */
}

static bool line_has(struct span line, struct span word)
{
	for (size_t i = 0; i + word.n <= line.n; i++) {
		bool left = i == 0 || is_border(line.p[i - 1]);
		bool right = i + word.n == line.n || is_border(line.p[i + word.n]);

		if (left && right && memcmp(line.p + i, word.p, word.n) == 0)
			return true;
	}
	return false;
}

size_t text_line_of(struct span text, size_t from, const char *word)
{
	struct span line;

	for (size_t n = 1; span_cut(&text, '\n', &line); n++)
		if (n >= from && line_has(line, span_of(word)))
			return n;
	return from;
}
