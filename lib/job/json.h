/* SPDX-License-Identifier: MIT */
/* A result as the JSON that the command line and the API give. */
#pragma once

#include <jansson.h>

#include "result.h"

/* What the result itself does not know. */
struct result_origin {
	const char *image, *image_digest, *engine; /* digest: NULL when the image is not known */
};

/* A new object without contents: files have their name, mode and bytes, and there is no stdout and
 * stderr. NULL without memory. */
json_t *result_summary_to_json(const struct result *r, const struct result_origin *origin);

/* Adds them to such an object; @files: of each file that is no directory, in the object's order. */
void result_json_add_contents(
	json_t *o, struct span out, struct span err, const struct span *files);

/* A new object: text as it is when it is UTF-8, else base64 under "..._base64". NULL without
 * memory. */
json_t *result_to_json(const struct result *r, const struct result_origin *origin);
