/* SPDX-License-Identifier: MIT */
/* Which kinds a file is of, by its name, and whether its bytes agree. */
#pragma once

#include <stdbool.h>

#include "base/span.h"
#include "program.h"

const struct kind *kind_find(const struct kind_list *kinds, const char *id);

/*
 * Whether a file of this name is of @kind. An extension matches the end of the name's last
 * component, with something before it; an extension that does not start with a dot is the whole of
 * it; "*" matches every name. A longer extension of any kind of @kinds puts the shorter ones out
 * (but not "*"): "a.tar.gz" is no ".gz".
 */
bool kind_matches(const struct kind_list *kinds, const struct kind *kind, const char *name);

/* Whether @data begins as a file of this name should: true when no kind of it says how it begins.
 */
bool kind_magic_fits(const struct kind_list *kinds, const char *name, struct span data);

/* Hex digits and dots, in pairs. */
bool kind_magic_valid(const char *magic);
