/* SPDX-License-Identifier: MIT */
/* The "key=value" lines of a bundle's config and exit files. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Cuts the next line off *@rest. False at the end. A line without '=' gives an empty key. */
bool kv_next(struct span *rest, struct span *ret_key, struct span *ret_value);

/* The value of the first line with @key; false when there is none. */
bool kv_get(struct span all, const char *key, struct span *ret_value);

/* The same as a number of at most @max; -ENOENT, -EINVAL, -ERANGE. */
int kv_get_u64(struct span all, const char *key, uint64_t max, uint64_t *ret);
