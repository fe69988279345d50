/* SPDX-License-Identifier: MIT */
/* From a program's command template and a filled-in form to the words of a command. The page does
 * the same (tests/vectors/expand.json holds both to it). */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "program.h"

struct expand_input {
	const struct kind_list *kinds;
	const struct strv *files; /* names, relative to /input */
	size_t active;            /* the open one; beyond the last when none is */
	char *const *assignments; /* "ID=VALUE" */
	size_t n_assignments;
};

/*
 * Adds the words to @ret, in the order of the template:
 * {options}    the words of all options that have no {option.ID} of their own
 * {option.ID}  the words of this option
 * {files}      the names of all files whose kind is among the program's inputs
 * {file}       the active file if its kind is among the inputs, else the first such file; also
 * inside a word {stem}       the same without directories and without its extension; also inside a
 * word A name that would make a word begin with '-' gets "./" before it.
 *
 * -EINVAL for an assignment that does not fit; -ENOENT when {file} or {stem} is asked for and no
 * file is there for it.
 */
int expand_command(const struct program *p, const struct expand_input *in, struct strv *ret,
	struct error *err);

/* NULL, or what is wrong with word @word of a template of @p: an unknown placeholder, or one inside
 * a word. */
const char *expand_complaint(const struct program *p, const char *word);
