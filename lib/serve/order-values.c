/* SPDX-License-Identifier: MIT */
/* Values and members of an order's JSON. */
#include "order-values.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"

void order_tell(struct order_fault *f, const char *field, const char *fmt, ...)
{
	va_list ap;

	snprintf(f->field, sizeof f->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(f->detail, sizeof f->detail, fmt, ap);
	va_end(ap);
}

static const char *type_name(const json_t *v)
{
	static const char *const names[] = {
		[JSON_OBJECT] = "an object",
		[JSON_ARRAY] = "a list",
		[JSON_STRING] = "a string",
		[JSON_INTEGER] = "an integer",
		[JSON_REAL] = "a fraction",
		[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",
		[JSON_NULL] = "null",
	};

	return names[json_typeof(v)];
}

int order_expect(
	struct reader *r, const char *field, const json_t *v, json_type type, const char *what)
{
	return json_typeof(v) == type
		       ? 0
		       : order_fault(r->fault, field, "must be %s, not %s", what, type_name(v));
}

/* A string that ends where C strings end. */
int order_take_string(struct reader *r, const char *field, const json_t *v, const char **ret)
{
	int e = order_expect(r, field, v, JSON_STRING, "a string");
	if (e < 0)
		return e;
	if (strlen(json_string_value(v)) != json_string_length(v))
		return order_fault(r->fault, field, "must not contain a NUL character");
	*ret = json_string_value(v);
	return 0;
}

int order_take_copy(struct reader *r, const char *field, const json_t *v, char **to)
{
	const char *s = NULL;
	int e = order_take_string(r, field, v, &s);

	if (e < 0)
		return e;
	*to = strdup(s);
	return *to ? 0 : -ENOMEM;
}

/* Any bytes, as text or as base64. */
int order_take_bytes(struct reader *r, const char *field, const json_t *v, bool encoded, char **ret,
	size_t *ret_n)
{
	cleanup_buf struct buf b = { 0 };
	int e = order_expect(r, field, v, JSON_STRING, "a string");
	if (e < 0)
		return e;

	struct span s = { json_string_value(v), json_string_length(v) };
	e = encoded ? base64_decode(s, &b) : buf_add(&b, s.p, s.n);
	if (e == -EINVAL)
		return order_fault(r->fault, field, "is not base64 (RFC 4648, section 4, padded)");
	if (e < 0)
		return e;
	*ret = b.p;
	*ret_n = b.n;
	b = (struct buf){ 0 };
	return 0;
}

int order_take_number(struct reader *r, const char *field, const json_t *v, uint64_t min,
	uint64_t max, uint64_t *ret)
{
	int e = order_expect(r, field, v, JSON_INTEGER, "an integer");
	if (e < 0)
		return e;
	json_int_t n = json_integer_value(v);
	if (n < 0 || (uint64_t)n < min || (uint64_t)n > max)
		return order_fault(r->fault, field, "must be from %llu to %llu",
			(unsigned long long)min, (unsigned long long)max);
	*ret = (uint64_t)n;
	return 0;
}

int order_unknown(struct reader *r, const char *field)
{
	return order_fault(r->fault, field, "is not known here");
}

int order_read_members(
	struct reader *r, const json_t *object, const char *prefix, const struct member *members)
{
	const char *key;
	const json_t *v;
	char field[160];

	json_object_foreach((json_t *)(uintptr_t)object, key, v)
	{
		const struct member *m = members;

		snprintf(field, sizeof field, "%s%s", prefix, key);
		while (m->name && strcmp(m->name, key) != 0)
			m++;
		int e = m->name ? m->read(r, field, v) : order_unknown(r, field);
		if (e < 0)
			return e;
	}
	return 0;
}
