/* SPDX-License-Identifier: MIT */
/*
 * A parcel: a finished run as the service keeps it, one block of bytes from which both forms of an
 * answer are made. A summary (the result's JSON without contents), then stdout, stderr and the
 * files, untouched.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct result;
struct result_origin;

/* What differs from one answer to the next. */
struct parcel_use {
	const char *key; /* NULL when the run has none */
	bool cached;
	uint64_t queue_us;
};

/* Appends the parcel of @r. -ENOMEM. */
int parcel_write(const struct result *r, const struct result_origin *origin, struct buf *to);

/* Appends the answer as JSON, and as the body of a multipart/form-data whose boundary goes to
 * @boundary. -EPROTO when
 * @parcel is none (it may come from a damaged disk), -ENOMEM. */
int parcel_to_json(struct span parcel, const struct parcel_use *use, struct buf *to);

enum { PARCEL_BOUNDARY_SIZE = 48 };

int parcel_to_multipart(struct span parcel, const struct parcel_use *use,
	char boundary[PARCEL_BOUNDARY_SIZE], struct buf *to);
