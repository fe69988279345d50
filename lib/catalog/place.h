/* SPDX-License-Identifier: MIT */
/* Where in a YAML document a value stands: "gcc.yaml:31: programs[0].options[2].id: ...". */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/span.h"

/* A document: its name, for messages, and its text. */
struct place {
	const char *path;
	struct span text;
};

/* One step down into it, made on the stack of who goes there: a key, and an index when its value is
 * a list. */
struct field {
	const struct field *up; /* NULL at the top */
	const char *key;
	size_t index; /* FIELD_WHOLE: no entry, but the value itself */
};

#define FIELD_WHOLE ((size_t)-1)

/* The line of @f, from 1; that of the nearest thing above it when it is not there. 1 when @text is
 * no YAML. */
size_t field_line(const struct place *at, const struct field *f);

/* refuse() with -EINVAL, after "PATH:LINE: FIELD: ". */
int field_refuse(const struct place *at, const struct field *f, struct error *err, const char *fmt,
	...) __attribute__((format(printf, 4, 5)));
