/* SPDX-License-Identifier: MIT */
#include "strv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* Takes @s. */
static int add_owned(struct strv *l, char *s)
{
	char **v = s ? reallocarray(l->v, l->n + 2, sizeof *v) : NULL;
	if (!v) {
		free(s);
		return -ENOMEM;
	}
	v[l->n++] = s;
	v[l->n] = NULL;
	l->v = v;
	return 0;
}

int strv_add_span(struct strv *l, struct span s)
{
	return add_owned(l, strndup(s.p ? s.p : "", s.n));
}

int strv_add(struct strv *l, const char *s)
{
	return add_owned(l, strdup(s));
}

int strv_addf(struct strv *l, const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return add_owned(l, n < 0 ? NULL : s);
}

static char **find(const struct strv *l, const char *key, size_t n)
{
	for (size_t i = 0; i < l->n; i++)
		if (strncmp(l->v[i], key, n) == 0 && l->v[i][n] == '=')
			return &l->v[i];
	return NULL;
}

int strv_set(struct strv *l, const char *pair)
{
	char **old = find(l, pair, strcspn(pair, "="));
	if (!old)
		return strv_add(l, pair);

	char *s = strdup(pair);
	if (!s)
		return -ENOMEM;
	free(*old);
	*old = s;
	return 0;
}

const char *strv_get(const struct strv *l, const char *key)
{
	size_t n = strlen(key);
	char **hit = find(l, key, n);
	return hit ? *hit + n + 1 : NULL;
}

int strv_add_all(struct strv *l, const struct strv *from)
{
	for (size_t i = 0; i < from->n; i++) {
		int r = strv_add(l, from->v[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

void strv_done(struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){ 0 };
}
