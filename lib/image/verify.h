/* SPDX-License-Identifier: MIT */
/* Looks whether what is stored is what was stored: every byte of images and contents. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "tool/tool.h"

struct image_verify_result {
	uint64_t images, contents, bytes; /* looked at */
	uint64_t damages;                 /* told */
};

/*
 * Looks at the images @names (an empty list: at all). @damage is told of each file of each image
 * that is not as it was: its path, "" when the image as a whole is meant, and what is wrong.
 * Damaged contents are forgotten, so that an image that is added again has a sound copy of them. 0
 * also when there is damage; -errno when it could not be looked at all.
 */
int image_verify(const char *store, const struct strv *names,
	void (*damage)(void *ctx, const char *image, struct span path, const char *what), void *ctx,
	const struct tool_watch *watch, struct image_verify_result *ret, struct error *err);
