/* SPDX-License-Identifier: MIT */
/* A result's files, written to a directory of the host. */
#pragma once

#include "base/error.h"

struct result;

/* Opens @dir, which is made when it is not there. The caller closes *@ret_fd. */
int outputs_open(const char *dir, int *ret_fd, struct error *err);

/*
 * Writes every file below @dir, opened as @dir_fd. Names come from a stranger: each component is
 * opened on its own and never through a link, a file in the way is replaced, never written through.
 * Files are at most 0755, directories 0755, whatever they were.
 */
int outputs_write(const struct result *r, int dir_fd, const char *dir, struct error *err);
