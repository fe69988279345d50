/* SPDX-License-Identifier: MIT */
/* What the sub-commands of pe share: their entry points, exit codes, and how options are read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What docker run and timeout(1) users expect. */
enum pe_exit {
	PE_EXIT_USAGE = 2,
	PE_EXIT_TIMEOUT = 124,
	PE_EXIT_FAILURE = 125,
	PE_EXIT_NOT_EXECUTABLE = 126,
	PE_EXIT_NOT_FOUND = 127,
	PE_EXIT_SIGNAL = 128,
};

/* One row per option; rows end with one whose name is NULL. Help is made from the rows. */
struct option_row {
	char letter;       /* 0 when there is only the long form */
	const char *name;  /* without the dashes */
	const char *value; /* what the value is called in the help; NULL for a flag */
	const char *help;
	/* Called for each use; @value is NULL for a flag. Returns 0, or -errno after pe_say().
	 * NULL: the command's set_row. */
	int (*set)(void *ctx, const char *value);
};

struct command {
	const char *name;
	const char *synopsis; /* one line, without "pe" */
	const char *summary;  /* one line */
	const char *details;  /* paragraphs and examples below the options; may be NULL */
	const struct option_row *options;
	/* For rows that have no set of their own. */
	int (*set_row)(void *ctx, const struct option_row *row, const char *value);
};

/*
 * Reads options from argv[1..] into @ctx until the first operand or "--" (which is dropped).
 * Returns the index of the first operand (*@ret_exit is 0 then), or -1 with *@ret_exit set: 0 after
 * --help, PE_EXIT_USAGE after a message.
 */
int options_read(const struct command *cmd, int argc, char **argv, void *ctx, int *ret_exit);

void options_help(const struct command *cmd);

/* "pe: message" to stderr. */
void pe_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

extern const struct command run_command;
extern const struct command doctor_command;
extern const struct command config_show_command;

int cmd_run(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_image(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_config(int argc, char **argv);

/*
 * All commands, NULL-terminated; defined beside main(). A name may be of two words ("image build").
 * Help, manual and completion are made from them.
 */
extern const struct command *const pe_commands[];

extern const struct command help_command;
int cmd_help(int argc, char **argv);

/* What "pe --help" says: every command with its summary. */
void help_overview(FILE *to);
