/* SPDX-License-Identifier: MIT */
/* pe help: what there is, for a person, for man(1) and for the shells. */
#include "pe.h"
#include "help.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* For a shell's completion: what there is, tab-separated, "-" for what a row does not have. */
static void print_rows(void)
{
	for (const struct command *const *c = pe_commands; *c; c++) {
		printf("command\t%s\t%s\t%s\n", (*c)->name, (*c)->synopsis, (*c)->summary);
		for (const struct option_row *o = (*c)->options; o && o->name; o++)
			printf("option\t%s\t%c\t%s\t%s\t%s\n", (*c)->name,
				o->letter ? o->letter : '-', o->name, o->value ? o->value : "-",
				o->help);
	}
}

static void print_text(void);

static const struct {
	const char *name;
	void (*print)(void);
} formats[] = {
	{ "text", print_text },
	{ "man", manual_print },
	{ "rows", print_rows },
};

static int set_format(void *ctx, const char *value)
{
	void (**ret_print)(void) = ctx;

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i].name, value) == 0) {
			*ret_print = formats[i].print;
			return 0;
		}
	pe_say("help: no format '%s'; there are text, man and rows", value);
	return -EINVAL;
}

static const struct option_row rows[] = {
	{ 0, "format", "FORMAT", "text, man (a manual page), rows (for completion)", set_format },
	{ 0 },
};

const struct command help_command = {
	.name = "help",
	.synopsis = "help [--format FORMAT] [COMMAND]",
	.summary = "Say what there is.",
	.options = rows,
};

void help_overview(FILE *to)
{
	fprintf(to, "Usage: pe COMMAND ...\n\n"
		    "Program Explorer: any program of any container image, in a VM that lives for "
		    "one run.\n\n"
		    "Commands:\n");
	for (const struct command *const *c = pe_commands; *c; c++)
		fprintf(to, "  %-14s %s\n", (*c)->name, (*c)->summary);
	fprintf(to, "\n'pe COMMAND --help' tells all of a command, with examples.\n");
}

static void print_text(void)
{
	help_overview(stdout);
}

/* All commands whose name starts with @name, a word. */
static int help_commands(const char *name)
{
	size_t n = strlen(name), found = 0;

	for (const struct command *const *c = pe_commands; *c; c++) {
		const char *its = (*c)->name;
		if (strncmp(its, name, n) != 0 || (its[n] != '\0' && its[n] != ' '))
			continue;
		if (found++ > 0)
			putchar('\n');
		options_help(*c);
	}
	if (found > 0)
		return 0;
	pe_say("help: no command '%s'; 'pe help' lists them", name);
	return PE_EXIT_USAGE;
}

int cmd_help(int argc, char **argv)
{
	void (*print)(void) = print_text;
	int exit_code;

	int i = options_read(&help_command, argc, argv, &print, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc)
		return help_commands(argv[i]);
	print();
	return 0;
}
