/* SPDX-License-Identifier: MIT */
/*
 * Output while it comes: behind the bundle's part of the output disk, init shows what the program
 * has written so far. A block that holds two counters, then room for stdout, then for stderr; all
 * start on a block. init writes the bytes first, then the counters. The host only reads, and what
 * it reads may have been written by an attacker, at any moment: it believes no counter further than
 * the job's output limit.
 */
#pragma once

#include <stdint.h>

#include "bundle.h"

struct live_counters {
	uint64_t bytes[2]; /* of stdout, of stderr */
};

static inline uint64_t live_room(uint64_t output_bytes)
{
	return (output_bytes + BUNDLE_BLOCK - 1) & ~(uint64_t)(BUNDLE_BLOCK - 1);
}

/* Where stdout (0) and stderr (1) begin, from the start of the area. */
static inline uint64_t live_offset_of(int stream, uint64_t output_bytes)
{
	return BUNDLE_BLOCK + (uint64_t)stream * live_room(output_bytes);
}

static inline uint64_t live_size(uint64_t output_bytes)
{
	return live_offset_of(2, output_bytes);
}
