/* SPDX-License-Identifier: MIT */
/*
 * multipart/form-data (RFC 7578) as it comes in: fed piece by piece, it tells of parts and hands
 * their bytes on untouched. Keeps no more than one part's head and one boundary.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

enum {
	MULTIPART_BOUNDARY_MAX = 70,
	MULTIPART_HEAD_MAX = 8192, /* of one part */
	MULTIPART_NAME_MAX = 64,
	MULTIPART_FILENAME_MAX = 4096,
	MULTIPART_SIZE_OF_READER = 16384,
};

struct multipart;

struct multipart_part {
	const char *name;
	const char *filename; /* NULL when there is none; %22, %0D and %0A decoded as browsers write
				 them */
};

/* Each returns 0, or a negative errno that multipart_feed() passes on. */
struct multipart_ops {
	int (*begin)(void *ctx, const struct multipart_part *part);
	int (*data)(void *ctx, struct span bytes);
	int (*end)(void *ctx);
};

/* @content_type: the request's. NULL without memory or a valid boundary. */
struct multipart *multipart_new(
	const char *content_type, const struct multipart_ops *ops, void *ctx);

/* 0, -EBADMSG with multipart_fault(), or what an op returned; after an error it takes nothing more.
 */
int multipart_feed(struct multipart *m, struct span bytes);

/* Whether the last boundary was seen. */
bool multipart_is_whole(const struct multipart *m);

const char *multipart_fault(const struct multipart *m);

void multipart_free(struct multipart *m);
