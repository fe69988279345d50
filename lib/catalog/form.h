/* SPDX-License-Identifier: MIT */
/* A filled-in form: the values of a program's options, and the words that they become. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "program.h"

/* The option of @p that is called @id, or NULL. */
const struct program_option *form_option(const struct program *p, struct span id);

/* Whether @value can stand in option @o. 0, or -EINVAL with why not. */
int form_check(const struct program_option *o, const char *value, struct error *err);

/* A decimal integer as JSON writes it: no plus sign, no zero in front. -EINVAL, -ERANGE. */
int form_integer(const char *s, int64_t *ret);

/*
 * Checks "ID=VALUE", an assignment to an option of @p. An option of type list may be assigned to
 * several times: each is one entry.
 */
int form_check_assignment(const struct program *p, const char *assignment, struct error *err);

/*
 * Adds to @ret what option @o holds after @assignments (@n of them, checked): nothing, one value,
 * or the entries of a list. Without an assignment that is its default. -ENOMEM.
 */
int form_values(
	const struct program_option *o, char *const *assignments, size_t n, struct strv *ret);

/* Adds to @ret the words that option @o becomes with these @values. -EINVAL for arguments whose
 * quotes do not close. */
int form_words(const struct program_option *o, const struct strv *values, struct strv *ret,
	struct error *err);

/* The words that @choice of @o becomes: its own, or the option's template with its value. */
int form_choice_words(
	const struct program_option *o, const struct program_choice *choice, struct strv *ret);
