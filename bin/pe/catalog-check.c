/* SPDX-License-Identifier: MIT */
/* `pe catalog check`: is the catalog, or a part of it, as it should be? */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "catalog.h"
#include "catalog/catalog.h"
#include "sys/io.h"

struct check_options {
	const char *catalog;
	bool label;
};

static int set_catalog(void *ctx, const char *value)
{
	((struct check_options *)ctx)->catalog = value;
	return 0;
}

static int set_label(void *ctx, const char *value)
{
	(void)value;
	((struct check_options *)ctx)->label = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "catalog", "DIR", "the catalog, and where kinds come from (default: $PE_CATALOG)",
		set_catalog },
	{ 0, "label", NULL, "the files are texts for an image's label", set_label },
	{ 0 },
};

const struct command catalog_check_command = {
	.name = "catalog check",
	.synopsis = "catalog check [OPTION]... [PATH...]",
	.summary = "Checks the catalog, or single files of it, and says file, line and field.",
	.details = "A PATH is a directory with a whole catalog, or one file; without any it is the "
		   "usual catalog.\n\n"
		   "Examples:\n"
		   "  pe catalog check\n"
		   "  pe catalog check ./my-tools.yaml\n"
		   "  pe catalog check --label catalog.yaml\n",
	.options = rows,
};

static int load_label(const char *dir, const char *path, struct catalog **ret, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	cleanup_buf struct buf text = { 0 };

	int r = catalog_load(dir, &c, err);
	if (r == 0)
		r = catalog_read_file(path, &text, err);
	if (r == 0)
		r = catalog_add_label(c, "image", buf_span(&text), err);
	if (r == 0)
		r = catalog_check(c, err);
	if (r == 0)
		*ret = take_ptr(c);
	return r;
}

/* Each file by itself, so that all complaints are told and not only the first. How many were. */
static size_t check_files(const char *dir)
{
	cleanup_strv struct strv names = { 0 };
	size_t wrong = 0;

	if (catalog_list(dir, &names, NULL) < 0)
		return 0;
	for (size_t i = 0; i < names.n; i++) {
		cleanup(catalog_unrefp) struct catalog *c = NULL;
		struct error err;

		if (catalog_load_one(dir, names.v[i], &c, &err) == 0)
			continue;
		pe_say("catalog check: %s", err.text);
		wrong++;
	}
	return wrong;
}

static int check_directory(const char *dir, struct catalog **ret, struct error *err)
{
	struct catalog *kinds = NULL;

	/* Without kinds, everything is wrong. */
	int r = catalog_load(dir, ret, err);
	if (r == 0 || catalog_load_kinds(dir, &kinds, NULL) < 0)
		return r;
	catalog_unref(kinds);
	return check_files(dir) > 0 ? -ECANCELED : r;
}

static int check_one(const struct check_options *o, const char *dir, const char *path)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	struct stat st;
	struct error err;
	int r;

	if (o->label)
		r = load_label(dir, path, &c, &err);
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		r = check_directory(path, &c, &err);
	else
		r = catalog_load_one(dir, path, &c, &err);
	if (r < 0) {
		if (r != -ECANCELED)
			pe_say("catalog check: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	printf("%s: %zu programs, %zu kinds of files\n", path, catalog_count(c),
		catalog_kinds(c)->n);
	return 0;
}

int cmd_catalog_check(int argc, char **argv)
{
	struct check_options o = { 0 };
	int status = 0, first = options_read(&catalog_check_command, argc, argv, &o, &status);
	if (first < 0)
		return status;

	cleanup_free char *dir = catalog_path(o.catalog);
	if (!dir)
		return PE_EXIT_FAILURE;
	if (o.label && first == argc)
		return catalog_usage(&catalog_check_command, "--label needs a file");
	if (first == argc)
		return check_one(&o, dir, dir);
	for (int i = first; i < argc; i++)
		if (check_one(&o, dir, argv[i]) != 0)
			status = PE_EXIT_FAILURE;
	return status;
}
