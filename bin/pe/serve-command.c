/* SPDX-License-Identifier: MIT */
/* What pe serve takes: for the help of pe, and for the program that serves. */
#include "serve.h"

static int set_check(void *ctx, const char *value)
{
	(void)value;
	((struct serve_options *)ctx)->check = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "check", NULL, "say whether the settings are right, and end", set_check },
#include "settings.inc"
	{ 0 },
};

const struct command serve_command = {
	.name = "serve",
	.synopsis = "serve [OPTIONS]",
	.summary = "Serve the page and the HTTP API: jobs come in, each runs in a VM of its own.",
	.options = rows,
	.set_row = settings_set,
	.details = "SIGTERM and SIGINT end it gracefully: what runs and waits is answered, new "
		   "runs are "
		   "refused; a\nsecond signal gives up what runs. 'pe config show' tells what the "
		   "settings are, and "
		   "why.\n",
};
