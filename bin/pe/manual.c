/* SPDX-License-Identifier: MIT */
/* The manual page, from the same rows as --help. */
#include "pe.h"
#include "help.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *status, *meaning;
} exits[] = {
	{ "0 to 255", "what the program exited with" },
	{ "2", "the command line makes no sense" },
	{ "124", "the program ran out of time" },
	{ "125", "pe itself failed" },
	{ "126", "the command cannot be executed" },
	{ "127", "the command was not found in the image" },
	{ "128+\\fIn\\fR", "the program died of signal \\fIn\\fR" },
	{ "137, 153", "the same: memory ran out, the output went over its limit" },
};

/* @s as text of man(7): nothing in it is a request, and a dash is the dash that a shell wants. */
static void put(const char *s)
{
	for (const char *p = s; *p; p++) {
		bool line_start = p == s || p[-1] == '\n';
		if (line_start && (*p == '.' || *p == '\''))
			fputs("\\&", stdout);
		if (*p == '\\')
			fputs("\\e", stdout);
		else if (*p == '-')
			fputs("\\-", stdout);
		else
			putchar(*p);
	}
}

static void put_option(const struct option_row *o)
{
	printf(".TP\n");
	if (o->letter)
		printf("\\fB\\-%c\\fR, ", o->letter);
	printf("\\fB\\-\\-");
	put(o->name);
	printf("\\fR");
	if (o->value) {
		printf(" \\fI");
		put(o->value);
		printf("\\fR");
	}
	putchar('\n');
	put(o->help);
	putchar('\n');
}

static void put_command(const struct command *c)
{
	printf(".SS \"pe ");
	put(c->name);
	printf("\"\n.B pe ");
	put(c->synopsis);
	printf("\n.PP\n");
	put(c->summary);
	putchar('\n');
	for (const struct option_row *o = c->options; o && o->name; o++)
		put_option(o);
	if (!c->details)
		return;
	printf(".PP\n.nf\n");
	put(c->details);
	printf("%s.fi\n", c->details[0] && c->details[strlen(c->details) - 1] == '\n' ? "" : "\n");
}

void manual_print(void)
{
	printf(".TH PE 1 \"\" \"Program Explorer\" \"User Commands\"\n"
	       ".SH NAME\npe \\- run programs in virtual machines that die with them\n"
	       ".SH SYNOPSIS\n.B pe\n.I COMMAND\n[\\fIOPTION\\fR]...\n"
	       ".SH DESCRIPTION\n"
	       "Each run happens in a fresh virtual machine, which is gone when the run has "
	       "ended.\n"
	       "Programs come from images, which are made once and never changed by a run.\n"
	       "Every command takes \\fB\\-\\-help\\fR.\n"
	       ".SH COMMANDS\n");
	for (const struct command *const *c = pe_commands; *c; c++)
		put_command(*c);

	printf(".SH EXIT STATUS\n\\fBpe run\\fR exits with\n");
	for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
		printf(".TP\n%s\n%s\n", exits[i].status, exits[i].meaning);
	printf(".SH FILES\n.TP\n.I ${XDG_CACHE_HOME:\\-~/.cache}/program\\-explorer\n"
	       "the guest kernel and the images\n");
}
