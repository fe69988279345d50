/* SPDX-License-Identifier: MIT */
/* A job that comes as multipart/form-data: part `job` (JSON) first, then `stdin`, if any, and a
 * part `file` for each file, whose filename is its path. */
#pragma once

#include "base/span.h"
#include "order.h"

struct upload;

/* NULL without memory or a valid boundary. @limits outlives it. */
struct upload *upload_new(const char *content_type, const struct order_limits *limits);

/* 0, -EINVAL with @fault, -ENOMEM. */
int upload_feed(struct upload *u, struct span bytes, struct order_fault *fault);

/* At the end of the body. Errors as above. */
int upload_finish(struct upload *u, struct order *ret, struct order_fault *fault);

void upload_free(struct upload *u);
