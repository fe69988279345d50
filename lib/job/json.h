/* SPDX-License-Identifier: MIT */
/* A result as the JSON that the command line and the API give. */
#pragma once

#include <jansson.h>

#include "result.h"

/* What the result itself does not know. */
struct result_origin {
	const char *image, *image_digest, *engine; /* digest: NULL when the image is not known */
};

/* A new object: text as it is when it is UTF-8, else base64 under "..._base64". NULL without
 * memory. */
json_t *result_to_json(const struct result *r, const struct result_origin *origin);
