/* SPDX-License-Identifier: MIT */
/* `pe image`: which of its sub-commands it is. */
#include "image.h"

#include <stdio.h>
#include <string.h>

#include "image/image.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const struct command *command;
} commands[] = {
	{ "add", cmd_image_add, &image_add_command },
	{ "build", cmd_image_build, &image_build_command },
	{ "ls", cmd_image_ls, &image_ls_command },
	{ "show", cmd_image_show, &image_show_command },
	{ "rm", cmd_image_rm, &image_rm_command },
	{ "gc", cmd_image_gc, &image_gc_command },
	{ "verify", cmd_image_verify, &image_verify_command },
	{ "export", cmd_image_export, &image_export_command },
	{ "test", cmd_image_test, &image_test_command },
	{ "warm", cmd_image_warm, &image_warm_command },
};

static void usage(FILE *to)
{
	fprintf(to, "Usage: pe image COMMAND [ARGUMENT]...\n\nThe images that programs run "
		    "in.\n\nCommands:\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].command->summary);
	fprintf(to, "\n'pe image COMMAND --help' says more.\n");
}

int cmd_image(int argc, char **argv)
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
	pe_say("image: unknown command '%s'", argv[1]);
	usage(stderr);
	return PE_EXIT_USAGE;
}

int image_usage(const struct command *cmd, const char *what)
{
	pe_say("%s: %s; usage: pe %s", cmd->name, what, cmd->synopsis);
	return PE_EXIT_USAGE;
}

char *image_store_or_say(const char *override)
{
	char *store = image_store_path(override);

	if (!store)
		pe_say("image: no place for images: neither --store nor $PE_IMAGES nor $HOME names "
		       "one");
	return store;
}

char *image_format_age(char *buf, size_t n, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (seconds >= units[i].seconds) {
			snprintf(buf, n, "%lld %s", (long long)(seconds / units[i].seconds),
				units[i].unit);
			return buf;
		}
	}
	snprintf(buf, n, "just now");
	return buf;
}
