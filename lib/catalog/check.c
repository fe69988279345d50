/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bundle/bundle.h"
#include "image/image.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

enum { TITLE_MAX = 300 };

/* All of @s is of @rest, and it begins with one of @first. */
static bool made_of(const char *s, const char *first, const char *rest)
{
	return *s && strchr(first, *s) && s[strspn(s, rest)] == '\0';
}

/* Debian policy 5.6.1: such a name is no option and means nothing to a shell. */
static bool package_valid(const char *s)
{
	return made_of(s, LOWER DIGITS, LOWER DIGITS "+-.") && strlen(s) >= 2;
}

bool check_is_id(const char *s)
{
	return made_of(s, LOWER DIGITS, LOWER DIGITS "._+-") && strlen(s) <= PROGRAM_ID_MAX;
}

bool check_is_title(const char *s)
{
	for (const char *p = s; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return strlen(s) <= TITLE_MAX;
}

bool check_is_env(const char *s)
{
	size_t n = strspn(s, LOWER UPPER DIGITS "_");

	return n > 0 && s[n] == '=' && !strchr(DIGITS, *s);
}

/* A name, "1000" or "1000:1000". */
static bool user_valid(const char *s)
{
	size_t n = strspn(s, DIGITS);

	if (n == 0)
		return made_of(s, LOWER "_", LOWER DIGITS "_-");
	return s[n] == '\0' || (s[n] == ':' && made_of(s + n + 1, DIGITS, DIGITS));
}

static bool mode_valid(const char *s)
{
	return made_of(s, "01234567", "01234567") && strlen(s) >= 3;
}

static bool absolute_valid(const char *s)
{
	return *s == '/' && bundle_name_check(span_of(s + 1)) == 0 && !strchr(s, '\n');
}

static bool cwd_valid(const char *s)
{
	return strcmp(s, "/") == 0 || absolute_valid(s);
}

int check_rows(const struct place *at, const struct field *up, const struct check_row *rows,
	size_t n, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct field f = { up, rows[i].key, FIELD_WHOLE };

		if (rows[i].value && !rows[i].valid(rows[i].value))
			return field_refuse(
				at, &f, err, "'%.80s' is no %s", rows[i].value, rows[i].what);
	}
	return 0;
}

int check_list(const struct place *at, const struct field *up, const char *key,
	const struct recipe_list *list, bool (*valid)(const char *), const char *what,
	struct error *err)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct field f = { up, key, i };

		if (!valid(list->v[i]))
			return field_refuse(at, &f, err, "'%.80s' is no %s", list->v[i], what);
	}
	return 0;
}

static int check_files(const struct place *at, const struct recipe_files *files, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++) {
		const struct field f = { NULL, "files", i };
		const struct check_row rows[] = {
			{ "path", files->v[i].path, absolute_valid,
				"absolute path without '.' and '..'" },
			{ "mode", files->v[i].mode, mode_valid, "file mode (3 or 4 octal digits)" },
		};

		r = check_rows(at, &f, rows, sizeof rows / sizeof *rows, err);
	}
	return r;
}

/* Without packages nothing is built: then there is nothing to say of how. */
static int check_unbuilt(const struct place *at, const struct recipe *recipe, struct error *err)
{
	const struct {
		const char *key;
		bool there;
	} parts[] = {
		{ "files", recipe->files.n > 0 },
		{ "setup", recipe->setup.n > 0 },
		{ "env", recipe->env.n > 0 },
		{ "cmd", recipe->cmd.n > 0 },
		{ "user", recipe->user != NULL },
		{ "cwd", recipe->cwd != NULL },
	};

	if (recipe->packages.n > 0)
		return 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct field f = { NULL, parts[i].key, FIELD_WHOLE };

		if (parts[i].there)
			return field_refuse(at, &f, err,
				"belongs to an image that is built, but there are no packages");
	}
	if (recipe->programs.n > 0)
		return 0;
	return refuse(err, -EINVAL, "%s:1: neither packages nor programs", at->path);
}

int recipe_check(const struct recipe *recipe, const char *path, struct span text, struct error *err)
{
	const struct place at = { path, text };
	const struct check_row rows[] = {
		{ "name", recipe->name, image_name_valid,
			"image name (lower-case letters, digits, . _ -)" },
		{ "title", recipe->title, check_is_title, "title of one line" },
		{ "user", recipe->user, user_valid, "user name or number" },
		{ "cwd", recipe->cwd, cwd_valid, "absolute path" },
	};

	int r = check_rows(&at, NULL, rows, sizeof rows / sizeof *rows, err);
	if (r == 0)
		r = check_list(&at, NULL, "packages", &recipe->packages, package_valid,
			"package name", err);
	if (r == 0)
		r = check_list(&at, NULL, "env", &recipe->env, check_is_env, "KEY=VALUE", err);
	if (r == 0)
		r = check_files(&at, &recipe->files, err);
	if (r == 0)
		r = check_unbuilt(&at, recipe, err);
	if (r == 0)
		r = programs_check(&at, &recipe->kinds, &recipe->programs, false, err);
	return r;
}
