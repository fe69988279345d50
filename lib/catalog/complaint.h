/* SPDX-License-Identifier: MIT */
/* What libcyaml complains of, and where: it tells so in its log only. */
#pragma once

#include <cyaml/cyaml.h>
#include <stddef.h>

#include "base/error.h"
#include "base/span.h"

struct complaint {
	struct span text; /* the document */
	char what[160];   /* "" while there was none */
	char field[64];
	size_t line; /* from 1; 0 when it was not told */
};

/* A cyaml_log_fn_t; @ctx is a struct complaint. */
void complaint_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args);

/* -EINVAL with "PATH:LINE: what". @otherwise says what is wrong when libcyaml did not. */
int complaint_refuse(
	struct complaint *c, const char *path, const char *otherwise, struct error *err);

/*
 * The first line of @text, from line @from on, where @word stands by itself: between white space,
 * quotes and the punctuation of YAML. @from when there is none. libcyaml keeps no lines for values,
 * so we look for them.
 */
size_t text_line_of(struct span text, size_t from, const char *word);
