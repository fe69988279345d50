/* SPDX-License-Identifier: MIT */
/* What a schema cannot say: names and paths that must not become options, shell text or ways out;
 * values that fit each other. */
#pragma once

#include "base/span.h"
#include "place.h"
#include "recipe.h"

/* @text is what @r was read from, to find lines in; @path names the file. 0 or -EINVAL. */
int recipe_check(const struct recipe *r, const char *path, struct span text, struct error *err);

/* Kinds and programs of one document. @stranger: it came with an image, and may speak of that image
 * only. */
int programs_check(const struct place *at, const struct kind_list *kinds,
	const struct program_list *programs, bool stranger, struct error *err);

/* The options of @p, the program at @f. */
int options_check(
	const struct place *at, const struct field *f, const struct program *p, struct error *err);

/* The examples of @p, the program at @f, whose options are checked. */
int examples_check(
	const struct place *at, const struct field *f, const struct program *p, struct error *err);

/* Names of things in the catalog: small letters, digits and ._+-, at most PROGRAM_ID_MAX. */
bool check_is_id(const char *s);

/* One line of text for people, of a length that fits on a screen. */
bool check_is_title(const char *s);

bool check_is_env(const char *s); /* KEY=VALUE */

/* A row of a table of checks: a value that may be NULL, where it stands, and what it must be. */
struct check_row {
	const char *key, *value;
	bool (*valid)(const char *);
	const char *what;
};

int check_rows(const struct place *at, const struct field *up, const struct check_row *rows,
	size_t n, struct error *err);
int check_list(const struct place *at, const struct field *up, const char *key,
	const struct recipe_list *list, bool (*valid)(const char *), const char *what,
	struct error *err);
