/* SPDX-License-Identifier: MIT */
/* pe config show: what the service would run with, and why. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "settings.h"

static const struct option_row rows[] = {
#include "settings.inc"
	{ 0 },
};

const struct command config_show_command = {
	.name = "config show",
	.synopsis = "config show [OPTIONS]",
	.summary = "Show the settings of pe serve, each with where it came from.",
	.options = rows,
	.set_row = settings_set,
	.details = "What is printed can be used as a file again. An option counts more than the "
		   "environment\n"
		   "(PE_SERVE_SLOTS for --slots), that more than the file, that more than the "
		   "default.\n",
};

static int show(int argc, char **argv)
{
	cleanup_settings struct settings s = { .config = config_new() };
	struct error err;
	int exit_code = PE_EXIT_FAILURE;

	if (!s.config)
		return PE_EXIT_FAILURE;
	int i = options_read(&config_show_command, argc, argv, &s, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc) {
		pe_say("config show: takes no '%s'; usage: pe %s", argv[i],
			config_show_command.synopsis);
		return PE_EXIT_USAGE;
	}
	if (settings_load(&s, &err) < 0) {
		pe_say("config: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	config_show(s.config, stdout);
	return fflush(stdout) == 0 ? 0 : PE_EXIT_FAILURE;
}

int cmd_config(int argc, char **argv)
{
	bool help = argc > 1 && (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0);

	if (argc > 1 && strcmp(argv[1], "show") == 0)
		return show(argc - 1, argv + 1);
	fprintf(help ? stdout : stderr, "Usage: pe %s\n\n%s\n", config_show_command.synopsis,
		config_show_command.summary);
	return help ? 0 : PE_EXIT_USAGE;
}
