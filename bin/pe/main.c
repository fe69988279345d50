/* SPDX-License-Identifier: MIT */
#include "pe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "catalog.h"
#include "image.h"
#include "template.h"
#include "serve.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} entries[] = {
	{ "run", cmd_run },
	{ "serve", cmd_serve },
	{ "image", cmd_image },
	{ "catalog", cmd_catalog },
	{ "config", cmd_config },
	{ "template", cmd_template },
	{ "doctor", cmd_doctor },
	{ "help", cmd_help },
};

const struct command *const pe_commands[] = {
	&run_command,
	&serve_command,
	&image_add_command,
	&image_build_command,
	&image_ls_command,
	&image_show_command,
	&image_rm_command,
	&image_gc_command,
	&image_verify_command,
	&image_export_command,
	&image_test_command,
	&image_warm_command,
	&template_serve_command,
	&template_ls_command,
	&template_stop_command,
	&catalog_ls_command,
	&catalog_show_command,
	&catalog_run_command,
	&catalog_check_command,
	&config_show_command,
	&doctor_command,
	&help_command,
	NULL,
};

/* Whatever the caller ignored or blocked: children are waited for, a limit or a closed pipe is an
 * error, not a death. */
static void reset_signals(void)
{
	sigset_t none;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char **argv)
{
	reset_signals();
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_overview(argc < 2 ? stderr : stdout);
		return argc < 2 ? PE_EXIT_USAGE : 0;
	}
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		if (strcmp(argv[1], entries[i].name) == 0)
			return entries[i].run(argc - 1, argv + 1);

	pe_say("unknown command '%s'; 'pe help' lists them", argv[1]);
	return PE_EXIT_USAGE;
}
