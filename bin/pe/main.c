/* SPDX-License-Identifier: MIT */
#include "pe.h"

#include <string.h>

#include "image.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} entries[] = {
	{ "run", cmd_run },
	{ "image", cmd_image },
	{ "doctor", cmd_doctor },
	{ "help", cmd_help },
};

const struct command *const pe_commands[] = {
	&run_command,
	&image_build_command,
	&image_ls_command,
	&image_show_command,
	&image_rm_command,
	&doctor_command,
	&help_command,
	NULL,
};

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_overview();
		return argc < 2 ? PE_EXIT_USAGE : 0;
	}
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		if (strcmp(argv[1], entries[i].name) == 0)
			return entries[i].run(argc - 1, argv + 1);

	pe_say("unknown command '%s'; 'pe help' lists them", argv[1]);
	return PE_EXIT_USAGE;
}
