/* SPDX-License-Identifier: MIT */
/* What a schema cannot say of a recipe: names and paths that must not become options, shell text or
 * ways out. */
#pragma once

#include "base/span.h"
#include "recipe.h"

/* @text is what @r was read from, to find lines in; @path names the file. 0 or -EINVAL. */
int recipe_check(const struct recipe *r, const char *path, struct span text, struct error *err);
