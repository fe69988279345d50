/* SPDX-License-Identifier: MIT */
/* A list of strings, NULL-terminated, as argv and environ are. The list owns its strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"
#include "span.h"

struct strv {
	char **v; /* NULL while empty, else NULL-terminated */
	size_t n;
};

/* Copies @s (@n bytes, no NUL inside) to the end. -ENOMEM. */
int strv_add_span(struct strv *l, struct span s);
int strv_add(struct strv *l, const char *s);

/* printf into a new last string. -ENOMEM. */
int strv_addf(struct strv *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Sets "K=V": replaces the string that starts with the same "K=", or adds it. -ENOMEM. */
int strv_set(struct strv *l, const char *pair);

/* The value of "@key=...", borrowed; NULL when there is none. */
const char *strv_get(const struct strv *l, const char *key);

/* Copies all strings of @from to the end of @l. -ENOMEM; @l may then hold some of them. */
int strv_add_all(struct strv *l, const struct strv *from);

void strv_done(struct strv *l);

#define cleanup_strv cleanup(strv_done)
