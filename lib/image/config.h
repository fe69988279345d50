/* SPDX-License-Identifier: MIT */
/* NAME.json: what the maker of an image said of running it. */
#pragma once

#include "base/span.h"
#include "image.h"

enum {
	IMAGE_CONFIG_MAX = 1 << 20,
};

/*
 * Fills @img, fresh from image_new(), from the JSON text @text. Keys that are not known are passed
 * over, wrong types and a missing digest are -EINVAL. @path is only for messages.
 */
int image_config_parse(struct image *img, struct span text, const char *path, struct error *err);
