/* SPDX-License-Identifier: MIT */
/* What a recipe adds to its packages, as a directory with a shell script that does it in the new
 * root directory. */
#pragma once

#include "base/error.h"
#include "catalog/recipe.h"

/* The script gets the new root directory as its argument, and the notes' own through the
 * environment. */
#define NOTES_ENV  "PE_IMAGE_NOTES"
#define NOTES_HOOK "--customize-hook=sh \"$PE_IMAGE_NOTES/script\" \"$1\""

/* Writes the notes into a new temporary directory, readable by all. Caller frees *@ret_path after
 * notes_remove(). */
int notes_write(const struct recipe *r, char **ret_path, struct error *err);

void notes_remove(const char *path);
