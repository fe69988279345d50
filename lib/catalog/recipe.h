/* SPDX-License-Identifier: MIT */
/* A recipe: the few lines of YAML from which an image is built, and the programs that are in it. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/span.h"
#include "list.h"
#include "program.h"

enum {
	RECIPE_MAX = 256 << 10, /* bytes of YAML */
};

struct recipe_file {
	char *path; /* absolute */
	char *content;
	char *mode; /* octal digits, or NULL for 644 */
};

struct recipe_files {
	struct recipe_file *v;
	size_t n;
};

struct recipe {
	char *name;
	char *title;
	struct recipe_list
		packages; /* of the distribution; none when the image comes from elsewhere */
	struct recipe_files files;
	struct recipe_list setup; /* lines for sh -e, run as root in the new system */
	struct recipe_list env;   /* KEY=VALUE */
	struct recipe_list cmd;
	char *user, *cwd;       /* or NULL */
	int64_t *order;         /* of its programs among all: small ones come first; or NULL */
	struct kind_list kinds; /* that only its programs know */
	struct program_list programs;
};

/*
 * Reads and checks the recipe in file @path. Every complaint about the text names the file and the
 * line. Caller frees
 * *@ret with recipe_free().
 */
int recipe_load(const char *path, struct recipe **ret, struct error *err);

/* The same of @text; @path is for messages. */
int recipe_parse(const char *path, struct span text, struct recipe **ret, struct error *err);

/*
 * SHA-256, in hex, over everything of @r that makes a difference to the image, and over @made_with,
 * which tells what else does (distribution, version of the builder). NULL on -ENOMEM. Caller frees.
 */
char *recipe_hash(const struct recipe *r, const char *made_with);

void recipe_free(struct recipe *r); /* NULL is fine */
void recipe_freep(struct recipe **r);
