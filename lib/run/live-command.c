/* SPDX-License-Identifier: MIT */
#include "live-command.h"

#include <string.h>

#include "base/cleanup.h"
#include "catalog/catalog.h"

void live_command(const char *image, struct buf *ret)
{
	cleanup(recipe_freep) struct recipe *recipe = NULL;
	cleanup_free char *dir = catalog_path(NULL);

	if (!dir || catalog_open(dir, image, &recipe, NULL) < 0)
		return;
	for (size_t i = 0; i < recipe->programs.n; i++) {
		const struct program_live *live = recipe->programs.v[i].live;

		for (size_t j = 0; live && j < live->command.n; j++)
			if (buf_add(ret, live->command.v[j], strlen(live->command.v[j]) + 1) < 0)
				ret->n = 0;
		if (live)
			return;
	}
}
