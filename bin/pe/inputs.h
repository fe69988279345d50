/* SPDX-License-Identifier: MIT */
/* What a person names on the command line, read into a job. */
#pragma once

#include "base/error.h"

struct job;

/* "FILE" or "NAME=FILE". */
int inputs_add_file(struct job *j, const char *spec, struct error *err);

/* Every file and directory below @dir. Symbolic links are left out with a note: they may point
 * anywhere. */
int inputs_add_dir(struct job *j, const char *dir, struct error *err);

/* A file, or "-" for our own standard input. */
int inputs_set_stdin(struct job *j, const char *path, struct error *err);
