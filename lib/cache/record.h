/* SPDX-License-Identifier: MIT */
/*
 * A result as it is stored: a fixed head of 64 bytes, then two runs of bytes that mean something to
 * whoever stored them. What comes back from a disk is not believed before its checksum was.
 *
 *   0  "PER1"            4  outcome     8  seconds since the epoch   16  bytes of head   24  bytes
 * of body 32 SHA-256 of all the rest (bytes 0 to 31, head, body)          64  head, body
 *
 * Numbers are little-endian, 8 bytes but for the outcome's 4.
 */
#pragma once

#include <stdint.h>

#include "base/span.h"
#include "job/result.h"

enum {
	RECORD_HEAD = 64,
	RECORD_SUM = 32,
	RECORD_PART_MAX = 1 << 30,
};

struct record {
	enum result_outcome outcome;
	int64_t created_s;
	struct span head, body; /* point into what was read */
	unsigned char sum[RECORD_SUM];
};

/* Writes RECORD_HEAD + r->head.n + r->body.n bytes to @to and sets @r->sum. -ENOMEM, -EFBIG. */
int record_write(struct record *r, char *to);

/* -EBADMSG for anything that record_write() would not write. */
int record_read(struct span bytes, struct record *ret);
