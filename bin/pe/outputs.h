/* SPDX-License-Identifier: MIT */
/* A result's files, written to a directory of the host. */
#pragma once

#include "base/error.h"

struct result;

/*
 * Creates @dir when it is not there and writes every file below it. Names come from a stranger: each component is opened on its
 * own and never through a link, a file in the way is replaced, never written through. Files are at most 0755, directories
 * 0755, whatever they were.
 */
int outputs_write(const struct result *r, const char *dir, struct error *err);
