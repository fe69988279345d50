/* SPDX-License-Identifier: MIT */
/* Arbitrary labels of images: what passes is programs that expand, or say why not, and that are
 * JSON. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "catalog/expand.h"
#include "catalog/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expand(const struct catalog *c, const struct program *p)
{
	char names[][8] = { "a.c", "-b", "d/Make" };
	char *v[] = { names[0], names[1], names[2], NULL };
	const struct strv files = { v, 3 };
	const struct expand_input in = { .kinds = catalog_kinds(c), .files = &files };
	cleanup_strv struct strv words = { 0 };
	struct error err;

	int r = expand_command(p, &in, &words, &err);
	if (r < 0 && r != -ENOENT)
		abort();
	for (size_t i = 0; i < p->examples.n; i++) {
		const struct expand_input filled = { .kinds = catalog_kinds(c),
			.files = &files,
			.assignments = p->examples.v[i].options.v,
			.n_assignments = p->examples.v[i].options.n };

		r = expand_command(p, &filled, &words, &err);
		if (r < 0 && r != -ENOENT)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(catalog_unrefp) struct catalog *c = catalog_new();
	struct error err;

	if (!c || catalog_add_label(c, "fuzz", (struct span){ (const char *)data, size }, &err) < 0)
		return 0;
	for (size_t i = 0; i < catalog_count(c); i++)
		expand(c, catalog_at(c, i)->program);
	json_t *o = catalog_json(c, NULL, 0);
	if (!o)
		abort();
	json_decref(o);
	return 0;
}
