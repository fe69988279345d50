/* SPDX-License-Identifier: MIT */
/* Gives back the room of what no image needs. */
#pragma once

#include "base/error.h"
#include "content/sweep.h"

struct image_gc_result {
	uint64_t images;   /* file systems that no name refers to, and nobody had open */
	uint64_t in_use;   /* of these, what somebody has open: left for the next time */
	uint64_t contents; /* files of them that nobody else had */
	uint64_t freed;    /* bytes of the disk */
};

/* Waits for others who write. -EINVAL when an image is so damaged that nobody knows what it needs:
 * then nothing is given back. */
int image_gc(const char *store, struct image_gc_result *ret, struct error *err);
