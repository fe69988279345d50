/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "bundle/bundle.h"
#include "complaint.h"
#include "image/image.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct place {
	const char *path;
	struct span text;
};

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

static bool env_valid(const char *s)
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

static bool title_valid(const char *s)
{
	return !strchr(s, '\n');
}

static bool mode_valid(const char *s)
{
	return made_of(s, "01234567", "01234567") && strlen(s) >= 3;
}

static bool relative_valid(const char *s)
{
	return bundle_name_check(span_of(s)) == 0;
}

static bool absolute_valid(const char *s)
{
	return *s == '/' && relative_valid(s + 1) && !strchr(s, '\n');
}

static bool cwd_valid(const char *s)
{
	return strcmp(s, "/") == 0 || absolute_valid(s);
}

static int check(const struct place *at, const char *value, bool (*valid)(const char *),
	const char *what, struct error *err)
{
	if (!value || valid(value))
		return 0;
	return refuse(err, -EINVAL, "%s:%zu: '%.80s' is no %s", at->path,
		text_line_of(at->text, 1, value), value, what);
}

static int check_list(const struct place *at, const struct recipe_list *list,
	bool (*valid)(const char *), const char *what, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < list->n && r == 0; i++)
		r = check(at, list->v[i], valid, what, err);
	return r;
}

static int check_files(const struct place *at, const struct recipe_files *files,
	bool (*valid)(const char *), const char *what, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++) {
		r = check(at, files->v[i].path, valid, what, err);
		if (r == 0)
			r = check(at, files->v[i].mode, mode_valid,
				"file mode (3 or 4 octal digits)", err);
	}
	return r;
}

static int check_example(const struct place *at, const struct recipe_example *e, struct error *err)
{
	static const char what[] = "relative path without '.' and '..'";

	if (!e)
		return 0;
	int r = check_files(at, &e->files, relative_valid, what, err);
	if (r == 0)
		r = check_list(at, &e->expect_files, relative_valid, what, err);
	return r;
}

int recipe_check(const struct recipe *recipe, const char *path, struct span text, struct error *err)
{
	const struct place at = { path, text };
	const struct {
		const char *value;
		bool (*valid)(const char *);
		const char *what;
	} values[] = {
		{ recipe->name, image_name_valid,
			"image name (lower-case letters, digits, . _ -)" },
		{ recipe->title, title_valid, "title of one line" },
		{ recipe->user, user_valid, "user name or number" },
		{ recipe->cwd, cwd_valid, "absolute path" },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof values / sizeof *values && r == 0; i++)
		r = check(&at, values[i].value, values[i].valid, values[i].what, err);
	if (r == 0)
		r = check_list(&at, &recipe->packages, package_valid, "package name", err);
	if (r == 0)
		r = check_list(&at, &recipe->env, env_valid, "KEY=VALUE", err);
	if (r == 0)
		r = check_files(&at, &recipe->files, absolute_valid,
			"absolute path without '.' and '..'", err);
	if (r == 0)
		r = check_example(&at, recipe->example, err);
	return r;
}
