/* SPDX-License-Identifier: MIT */
/*
 * Programs, as the catalog shows them: what they read and make, how a form becomes their command
 * line, and examples. doc/catalog.md describes the YAML that these structures are read from; names
 * here are the names there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "list.h"

enum {
	PROGRAM_ID_MAX = 64,
	PROGRAM_VALUE_MAX = 4096, /* bytes of one value of an option */
};

/* A kind of file: "c", "png". */
struct kind {
	char *id, *title;
	struct recipe_list extensions; /* ".c", or a whole name: "Makefile", or "*" */
	char *media;                   /* as in Content-Type; or NULL */
	char *highlight;               /* what colours its text; or NULL */
	struct recipe_list magic; /* hex digits that it begins with, '.' for any; one of them */
};

struct kind_list {
	struct kind *v;
	size_t n;
};

enum option_type {
	OPTION_CHOICE,
	OPTION_FLAG,
	OPTION_INTEGER,
	OPTION_TEXT,
	OPTION_LIST,
	OPTION_ARGUMENTS,
	OPTION_TYPES,
};

/* "choice", "flag", ... */
const char *option_type_word(enum option_type t);

struct program_choice {
	char *value, *title;      /* title: NULL when the value says it all */
	struct recipe_list words; /* none: the option's template */
};

struct program_choices {
	struct program_choice *v;
	size_t n;
};

struct program_option {
	char *id, *title, *help;
	enum option_type type;
	char *preset;               /* "default": all types but lists; or NULL */
	struct recipe_list presets; /* "defaults": lists only */
	struct program_choices choices;
	struct recipe_list words;     /* of a flag that is set */
	struct recipe_list templates; /* words in which "{}" is the value */
	int64_t *min, *max, *step;    /* or NULL */
};

struct program_options {
	struct program_option *v;
	size_t n;
};

/* As written: "20s", "1G". NULL: the default. */
struct program_limits {
	char *timeout, *memory, *output, *scratch, *pids;
};

struct program_example_file {
	char *name;
	char *text, *base64; /* one of them */
};

struct program_example_files {
	struct program_example_file *v;
	size_t n;
};

struct program_example {
	char *id, *title;
	struct program_example_files files; /* the first one is the open one */
	struct recipe_list options;         /* "ID=VALUE" */
	char *input;                        /* standard input; or NULL */
	char *expect_stdout, *expect_stderr;
	int64_t *expect_exit;            /* NULL: 0 */
	struct recipe_list expect_files; /* there, not empty, and what their names promise */
};

struct program_examples {
	struct program_example *v;
	size_t n;
};

struct program_live {
	struct recipe_list command;
};

struct program {
	char *id, *title, *summary, *documentation;
	char *image; /* NULL: that of its file */
	struct recipe_list inputs, outputs;
	struct recipe_list command;
	struct program_options options;
	struct recipe_list env;  /* KEY=VALUE */
	bool *input, *by_itself; /* "stdin", "auto"; or NULL */
	struct program_limits *limits;
	struct program_live *live;
	struct program_examples examples;
};

struct program_list {
	struct program *v;
	size_t n;
};

/* What a label holds: the part of a catalog file that speaks of programs. */
struct program_doc {
	struct kind_list kinds;
	struct program_list programs;
};

/*
 * Reads and checks the text of a label, or anything else that a stranger wrote. -EINVAL with
 * "PATH:LINE: field: complaint". Caller frees *@ret with program_doc_free().
 */
int program_doc_parse(
	const char *path, struct span text, struct program_doc **ret, struct error *err);
void program_doc_free(struct program_doc *d); /* NULL is fine */
void program_doc_freep(struct program_doc **d);

/* Limits as numbers; 0 for what is not told. */
struct program_numbers {
	uint64_t timeout_ms, memory_bytes, output_bytes, scratch_bytes, pids;
};

/* -EINVAL: @ret_field is the member that makes no sense. */
int program_limits_read(
	const struct program_limits *l, struct program_numbers *ret, const char **ret_field);
