/* SPDX-License-Identifier: MIT */
/* `pe catalog`: which of its sub-commands it is. */
#include "catalog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "catalog/catalog.h"
#include "image/image.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const struct command *command;
} commands[] = {
	{ "ls", cmd_catalog_ls, &catalog_ls_command },
	{ "show", cmd_catalog_show, &catalog_show_command },
	{ "run", cmd_catalog_run, &catalog_run_command },
	{ "check", cmd_catalog_check, &catalog_check_command },
};

static void usage(FILE *to)
{
	fprintf(to, "Usage: pe catalog COMMAND [ARGUMENT]...\n\nThe programs that people see, and "
		    "how a form becomes their command line.\n\nCommands:\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].command->summary);
	fprintf(to, "\n'pe catalog COMMAND --help' says more.\n");
}

int cmd_catalog(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return PE_EXIT_USAGE;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	pe_say("catalog: unknown command '%s'", argv[1]);
	usage(stderr);
	return PE_EXIT_USAGE;
}

int catalog_usage(const struct command *cmd, const char *what)
{
	pe_say("%s: %s; usage: pe %s", cmd->name, what, cmd->synopsis);
	return PE_EXIT_USAGE;
}

static void say(void *ctx, const char *text)
{
	(void)ctx;
	pe_say("catalog: %s", text);
}

int catalog_load_all(const char *dir, const char *store, struct catalog **ret, struct error *err)
{
	cleanup(catalog_unrefp) struct catalog *c = NULL;
	cleanup_free char *path = catalog_path(dir);
	struct image **images = NULL;
	size_t n = 0;

	if (!path)
		return fail(err, -ENOMEM, "find the catalog");
	int r = catalog_load(path, &c, err);
	if (r == 0 && store)
		r = image_list(store, &images, &n, err);
	if (r < 0)
		return r;
	catalog_add_images(c, images, n, say, NULL);
	image_list_free(images, n);
	*ret = take_ptr(c);
	return 0;
}
