/* SPDX-License-Identifier: MIT */
/* Arbitrary recipes: what passes has a name, packages, and a hash. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "catalog/recipe.h"
#include "image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };
	cleanup(recipe_freep) struct recipe *r = NULL;
	struct error err;

	if (recipe_parse("recipe", text, &r, &err) < 0)
		return 0;
	cleanup_free char *hash = recipe_hash(r, "fuzz");
	if (!image_name_valid(r->name) || r->packages.n == 0 || !hash)
		abort();
	return 0;
}
