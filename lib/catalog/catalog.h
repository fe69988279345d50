/* SPDX-License-Identifier: MIT */
/* The catalog: a directory of recipes, one NAME.yaml each. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "recipe.h"

/*
 * The catalog's directory: @override when not NULL, else $PE_CATALOG, else ../catalog or
 * ../share/program-explorer/catalog seen from the running program, else the installed one. Caller
 * frees. NULL on -ENOMEM.
 */
char *catalog_path(const char *override);

/* The names of all recipes, sorted. */
int catalog_list(const char *dir, struct strv *names, struct error *err);

/*
 * The recipe that a person means by @what: a path when it has a '/' or ends in ".yaml", else a name
 * in @dir. -ENOENT for a name that is not there, with near names. Caller frees *@ret with
 * recipe_free().
 */
int catalog_open(const char *dir, const char *what, struct recipe **ret, struct error *err);
