/* SPDX-License-Identifier: MIT */
/* From what a person names to an image in the store. */
#pragma once

#include "fetch.h"
#include "image.h"

struct image_add_stats {
	uint64_t bytes, new_bytes; /* of contents, and of those that the store did not have */
	size_t entries, layers;
};

/*
 * Adds the image that @reference names (see reference.h) as @name, NULL for a name made of the
 * reference. What had the name before has it until the new image is whole. Blocks, also for others
 * who write into the store. @stats may be NULL. Caller frees *@ret, which has no descriptors.
 */
int image_add(const char *store, const char *reference, const char *name,
	const struct fetch_options *o, const struct tool_watch *watch, struct image **ret,
	struct image_add_stats *stats, struct error *err);

/* "fail" for a name that is none. */
int image_check_name(const char *name, struct error *err);
