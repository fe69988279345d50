/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* Each text goes in with its length before it, so that no two recipes give the same bytes. */
static int add(struct buf *b, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	int r = buf_addf(b, "%zu:", n);

	return r < 0 ? r : buf_add(b, s ? s : "", n);
}

static int add_list(struct buf *b, const struct recipe_list *list)
{
	int r = buf_addf(b, "%zu,", list->n);

	for (size_t i = 0; i < list->n && r == 0; i++)
		r = add(b, list->v[i]);
	return r;
}

static int add_files(struct buf *b, const struct recipe_files *files)
{
	int r = buf_addf(b, "%zu,", files->n);

	for (size_t i = 0; i < files->n; i++) {
		const struct recipe_file *f = &files->v[i];
		const char *texts[] = { f->path, f->content, f->mode };

		for (size_t j = 0; j < 3 && r == 0; j++)
			r = add(b, texts[j]);
	}
	return r;
}

static int add_recipe(struct buf *b, const struct recipe *recipe)
{
	const char *texts[] = { recipe->name, recipe->title, recipe->user, recipe->cwd };
	const struct recipe_list *lists[] = { &recipe->packages, &recipe->setup, &recipe->env,
		&recipe->cmd };
	int r = 0;

	for (size_t i = 0; i < sizeof texts / sizeof *texts && r == 0; i++)
		r = add(b, texts[i]);
	for (size_t i = 0; i < sizeof lists / sizeof *lists && r == 0; i++)
		r = add_list(b, lists[i]);
	return r < 0 ? r : add_files(b, &recipe->files);
}

char *recipe_hash(const struct recipe *recipe, const char *made_with)
{
	cleanup_buf struct buf b = { 0 };
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned int n = 0;

	if (add(&b, made_with) < 0 || add_recipe(&b, recipe) < 0 ||
		!EVP_Digest(b.p, b.n, raw, &n, EVP_sha256(), NULL))
		return NULL;

	char *hex = malloc(2 * (size_t)n + 1);
	for (size_t i = 0; hex && i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", raw[i]);
	return hex;
}
