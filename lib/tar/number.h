/* SPDX-License-Identifier: MIT */
/* Numbers as tar has them. All give 0, or -EINVAL for what is no number, -ERANGE for too large. */
#pragma once

#include <stdint.h>

#include "base/span.h"

/* A header field: octal digits between spaces and NULs, or base-256. An empty one is 0. */
int tar_number(struct span f, int64_t *ret);

/* Decimal seconds with an optional sign and fraction; nanoseconds are cut, not rounded. */
int tar_time(struct span s, int64_t *ret, uint32_t *ret_ns);
