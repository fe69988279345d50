/* SPDX-License-Identifier: MIT */
/*
 * The catalog: what people see. A directory with one NAME.yaml for each image (recipe, programs)
 * and kinds.yaml, and what images say of themselves.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"
#include "program.h"
#include "recipe.h"

struct catalog;
struct image;

#define CATALOG_LABEL "org.program-explorer.catalog"

enum {
	CATALOG_LABEL_PROGRAMS_MAX = 64, /* of one image */
	CATALOG_LABEL_KINDS_MAX = 64,
};

/*
 * The catalog's directory: @override when not NULL, else $PE_CATALOG, else ../catalog or
 * ../share/program-explorer/catalog seen from the running program, else the installed one. Caller
 * frees. NULL on -ENOMEM.
 */
char *catalog_path(const char *override);

/* The names of all catalog files, sorted; kinds.yaml is none. */
int catalog_list(const char *dir, struct strv *names, struct error *err);

/*
 * The file that a person means by @what: a path when it has a '/' or ends in ".yaml", else a name
 * in @dir. -ENOENT for a name that is not there, with near names. Caller frees.
 */
int catalog_find_file(const char *dir, const char *what, char **ret_path, struct error *err);

/* The recipe in it. Caller frees *@ret with recipe_free(). */
int catalog_open(const char *dir, const char *what, struct recipe **ret, struct error *err);

/*
 * Loads all of @dir. Every complaint (-EINVAL) names file, line and field; the first one ends it.
 * Caller frees *@ret with catalog_unref().
 */
int catalog_load(const char *dir, struct catalog **ret, struct error *err);

/* Only the kinds of @dir, without a program. */
int catalog_load_kinds(const char *dir, struct catalog **ret, struct error *err);

/* One file only, and the kinds of @dir: @what is a path or a name, as for
 * catalog_open(). */
int catalog_load_one(const char *dir, const char *what, struct catalog **ret, struct error *err);

/*
 * Adds the programs that image @image says it has: @text is the label's, and hostile until it was
 * read. Their ids become "IMAGE/ID", so they never take the place of others. Kinds whose id is
 * known already stay as they are. On an error
 * (-EINVAL, -EFBIG, -EEXIST) the catalog is as it was.
 */
int catalog_add_label(struct catalog *c, const char *image, struct span text, struct error *err);

/*
 * Adds what each of @images says of itself. A label that is not right is left out, and @say (may be
 * NULL) is told why.
 */
void catalog_add_images(struct catalog *c, struct image *const *images, size_t n,
	void (*say)(void *ctx, const char *text), void *ctx);

/* The text of a catalog file or label, at most RECIPE_MAX bytes. */
int catalog_read_file(const char *path, struct buf *ret, struct error *err);

/* What is wrong between files: an unknown kind, an id that is there twice. */
int catalog_check(const struct catalog *c, struct error *err);

/* A program of the catalog, and where it comes from. All borrowed. */
struct catalog_entry {
	const char *id; /* program->id, or "IMAGE/ID" */
	const char *image;
	const struct program *program;
};

size_t catalog_count(const struct catalog *c);
const struct catalog_entry *catalog_at(const struct catalog *c, size_t i);

/* -ENOENT, with near names. */
int catalog_find(const struct catalog *c, const char *id, const struct catalog_entry **ret,
	struct error *err);

const struct kind_list *catalog_kinds(const struct catalog *c);

/*
 * What GET /api/v1/catalog answers (doc/catalog.md): a new object, NULL without memory. @images, @n
 * of them, are those that there are; each program says whether its image is among them, and its
 * digest.
 */
json_t *catalog_json(const struct catalog *c, struct image *const *images, size_t n);

/* The same of one program. */
json_t *catalog_entry_json(const struct catalog_entry *e, struct image *const *images, size_t n);

/* A catalog does not change once it is shared: references may be taken and given back by any
 * thread. */
struct catalog *catalog_ref(struct catalog *c);
void catalog_unref(struct catalog *c); /* NULL is fine */
void catalog_unrefp(struct catalog **c);
