/* SPDX-License-Identifier: MIT */
/* `pe catalog ls` and `show`: what there is to run. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "catalog.h"
#include "catalog/catalog.h"
#include "image.h"
#include "image/image.h"

struct list_options {
	const char *catalog, *store;
	bool json;
};

static int set_catalog(void *ctx, const char *value)
{
	((struct list_options *)ctx)->catalog = value;
	return 0;
}

static int set_store(void *ctx, const char *value)
{
	((struct list_options *)ctx)->store = value;
	return 0;
}

static int set_json(void *ctx, const char *value)
{
	(void)value;
	((struct list_options *)ctx)->json = true;
	return 0;
}

#define PLACE_ROWS                                                                                 \
	{ 0, "catalog", "DIR", "where the catalog is (default: $PE_CATALOG)", set_catalog },       \
	{                                                                                          \
		0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store  \
	}

static const struct option_row ls_rows[] = {
	PLACE_ROWS,
	{ 0, "json", NULL, "print all of it, as GET /api/v1/catalog answers", set_json },
	{ 0 },
};

static const struct option_row show_rows[] = { PLACE_ROWS, { 0 } };

const struct command catalog_ls_command = {
	.name = "catalog ls",
	.synopsis = "catalog ls [--json]",
	.summary = "Lists the programs of the catalog.",
	.options = ls_rows,
};

const struct command catalog_show_command = {
	.name = "catalog show",
	.synopsis = "catalog show PROGRAM",
	.summary = "Prints all that the catalog says of a program, as JSON.",
	.options = show_rows,
};

/* What there is: programs, and the images of the store. */
struct stock {
	struct catalog *catalog;
	struct image **images;
	size_t n_images;
};

static void stock_done(struct stock *s)
{
	image_list_free(s->images, s->n_images);
	catalog_unref(s->catalog);
}

static int stock_load(struct stock *s, const struct list_options *o, struct error *err)
{
	cleanup_free char *store = image_store_path(o->store);

	if (store && image_list(store, &s->images, &s->n_images, err) < 0)
		return -1;
	return catalog_load_all(o->catalog, store, &s->catalog, err);
}

static bool is_built(const struct stock *s, const char *image)
{
	for (size_t i = 0; i < s->n_images; i++)
		if (strcmp(s->images[i]->name, image) == 0)
			return true;
	return false;
}

/* "a, b, c", cut where the column ends. */
static const char *join(const struct recipe_list *l, struct buf *to)
{
	for (size_t i = 0; i < l->n; i++)
		if (buf_addf(to, "%s%s", i ? ", " : "", l->v[i]) < 0)
			break;
	return buf_add(to, "", 1) < 0 ? "" : to->p;
}

static void print_table(const struct stock *s)
{
	printf("%-18s %-14s %-22s %-28s %s\n", "PROGRAM", "IMAGE", "READS", "MAKES", "TITLE");
	for (size_t i = 0; i < catalog_count(s->catalog); i++) {
		const struct catalog_entry *e = catalog_at(s->catalog, i);
		cleanup_buf struct buf inputs = { 0 }, outputs = { 0 };

		printf("%-18s %-14s %-22s %-28s %s%s\n", e->id, e->image,
			join(&e->program->inputs, &inputs), join(&e->program->outputs, &outputs),
			e->program->title, is_built(s, e->image) ? "" : " (not built)");
	}
}

static int print_json(json_t *o)
{
	if (!o || json_dumpf(o, stdout, JSON_INDENT(2)) < 0) {
		json_decref(o);
		pe_say("catalog: out of memory, or nowhere to write to");
		return PE_EXIT_FAILURE;
	}
	json_decref(o);
	putchar('\n');
	return 0;
}

int cmd_catalog_ls(int argc, char **argv)
{
	struct list_options o = { 0 };
	int status = 0, first = options_read(&catalog_ls_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first < argc)
		return catalog_usage(&catalog_ls_command, "takes no arguments");

	cleanup(stock_done) struct stock s = { 0 };
	struct error err;
	if (stock_load(&s, &o, &err) < 0) {
		pe_say("catalog ls: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	if (o.json)
		return print_json(catalog_json(s.catalog, s.images, s.n_images));
	print_table(&s);
	return 0;
}

int cmd_catalog_show(int argc, char **argv)
{
	struct list_options o = { 0 };
	int status = 0, first = options_read(&catalog_show_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first + 1 != argc)
		return catalog_usage(&catalog_show_command, "takes the id of one program");

	cleanup(stock_done) struct stock s = { 0 };
	const struct catalog_entry *e = NULL;
	struct error err;
	if (stock_load(&s, &o, &err) < 0 || catalog_find(s.catalog, argv[first], &e, &err) < 0) {
		pe_say("catalog show: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	return print_json(catalog_entry_json(e, s.images, s.n_images));
}
