/* SPDX-License-Identifier: MIT */
/* Arbitrary configs of images: what is read can be written, and reads the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	cleanup(image_freep) struct image *img = image_new("fuzz");
	cleanup(image_freep) struct image *again = image_new("fuzz");

	if (!img || !again || image_config_parse(img, text, "config", NULL) < 0)
		return 0;
	cleanup_free char *first = image_config_format(img);
	if (!first || image_config_parse(again, span_of(first), "config", NULL) < 0)
		abort();
	cleanup_free char *second = image_config_format(again);
	if (!second || strcmp(first, second) != 0)
		abort();
	return 0;
}
