/* SPDX-License-Identifier: MIT */
/* Near names: what a person may have meant. */
#pragma once

#include <stddef.h>

#include "strv.h"

enum {
	NEAR_NAME_MAX = 64, /* what a name has beyond that is not looked at */
	NEAR_TEXT_MAX = 3 * (NEAR_NAME_MAX + 2),
};

/* Insertions, deletions, changes and swaps of neighbours that lead from @a to @b (optimal string
 * alignment). */
size_t near_distance(const char *a, const char *b);

/*
 * Writes the up to three names of @names that are near @name, nearest first, as "a, b, c" into
 * @text[0..@n). Returns how many they are.
 */
size_t near_text(const char *name, const struct strv *names, char *text, size_t n);
