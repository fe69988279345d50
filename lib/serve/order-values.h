/* SPDX-License-Identifier: MIT */
/* How an order's JSON is read: each value with the type that it must have, each object by a table
 * of its members. Of lib/serve/order.c only. All return 0, -EINVAL with the fault told, or -ENOMEM.
 */
#pragma once

#include <errno.h>
#include <jansson.h>

#include "order.h"

struct reader {
	struct order *order;
	const struct job_limits *most;
	struct order_fault *fault;
};

struct member {
	const char *name; /* NULL behind the last */
	int (*read)(struct reader *r, const char *field, const json_t *v);
};

void order_tell(struct order_fault *f, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Fills the fault; -EINVAL. */
#define order_fault(...) (order_tell(__VA_ARGS__), -EINVAL)

int order_unknown(struct reader *r, const char *field);
int order_expect(
	struct reader *r, const char *field, const json_t *v, json_type type, const char *what);

/* A string without NUL characters; borrowed, and copied into *@to. */
int order_take_string(struct reader *r, const char *field, const json_t *v, const char **ret);
int order_take_copy(struct reader *r, const char *field, const json_t *v, char **to);

/* Any bytes, as text or as base64; the caller frees them. */
int order_take_bytes(struct reader *r, const char *field, const json_t *v, bool encoded, char **ret,
	size_t *ret_n);

int order_take_number(struct reader *r, const char *field, const json_t *v, uint64_t min,
	uint64_t max, uint64_t *ret);

/* Each member of @object by its row; @prefix stands in front of names in messages. */
int order_read_members(
	struct reader *r, const json_t *object, const char *prefix, const struct member *members);
