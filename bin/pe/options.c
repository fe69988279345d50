/* SPDX-License-Identifier: MIT */
/* Options are rows of a table: reading them and telling of them are two walks over it. */
#include "pe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void pe_say(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);

	/* Messages quote what strangers wrote: their control characters are shown, not obeyed. */
	fputs("pe: ", stderr);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			fprintf(stderr, "\\x%02x", *c);
		else
			fputc(*c, stderr);
	fputc('\n', stderr);
}

void options_help(const struct command *cmd)
{
	printf("Usage: pe %s\n\n%s\n", cmd->synopsis, cmd->summary);
	if (cmd->options && cmd->options->name)
		printf("\nOptions:\n");
	for (const struct option_row *o = cmd->options; o && o->name; o++) {
		char left[64];
		char letter[8] = "    ";

		if (o->letter)
			snprintf(letter, sizeof letter, "-%c, ", o->letter);
		snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name, o->value ? " " : "",
			o->value ? o->value : "");
		printf("  %-30s %s\n", left, o->help);
	}
	printf("  -h, --help                     this text\n");
	if (cmd->details)
		printf("\n%s", cmd->details);
}

static const struct option_row *find_long(const struct command *cmd, const char *name, size_t n)
{
	for (const struct option_row *o = cmd->options; o && o->name; o++)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct option_row *find_letter(const struct command *cmd, char letter)
{
	for (const struct option_row *o = cmd->options; o && o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int set_option(
	const struct command *cmd, const struct option_row *o, void *ctx, const char *value)
{
	return o->set ? o->set(ctx, value) : cmd->set_row(ctx, o, value);
}

static int usage(const struct command *cmd, int *ret_exit)
{
	char first[32];

	snprintf(first, sizeof first, "%s", cmd->name);
	fprintf(stderr, "usage: pe %s\nTry 'pe %s --help'.\n", cmd->synopsis, first);
	*ret_exit = PE_EXIT_USAGE;
	return -1;
}

/* "--name", "--name value" or "--name=value" at argv[*i]. */
static int read_long(
	const struct command *cmd, int argc, char **argv, int *i, void *ctx, int *ret_exit)
{
	const char *name = argv[*i] + 2;
	size_t n = strcspn(name, "=");
	const char *value = name[n] == '=' ? name + n + 1 : NULL;
	const struct option_row *o = find_long(cmd, name, n);

	if (!o) {
		pe_say("%s: unknown option '%s'", cmd->name, argv[*i]);
		return usage(cmd, ret_exit);
	}
	if (!o->value && value) {
		pe_say("%s: option '--%s' takes no value", cmd->name, o->name);
		return usage(cmd, ret_exit);
	}
	if (o->value && !value) {
		if (++*i >= argc) {
			pe_say("%s: option '--%s' needs %s", cmd->name, o->name, o->value);
			return usage(cmd, ret_exit);
		}
		value = argv[*i];
	}
	*ret_exit = PE_EXIT_USAGE;
	return set_option(cmd, o, ctx, value) < 0 ? -1 : 0;
}

/* "-abc", "-fVALUE" or "-f VALUE" at argv[*i]. */
static int read_letters(
	const struct command *cmd, int argc, char **argv, int *i, void *ctx, int *ret_exit)
{
	for (const char *p = argv[*i] + 1; *p; p++) {
		const struct option_row *o = find_letter(cmd, *p);
		const char *value = NULL;

		if (!o) {
			pe_say("%s: unknown option '-%c'", cmd->name, *p);
			return usage(cmd, ret_exit);
		}
		if (o->value && p[1]) {
			value = p + 1;
		} else if (o->value) {
			if (++*i >= argc) {
				pe_say("%s: option '-%c' needs %s", cmd->name, o->letter, o->value);
				return usage(cmd, ret_exit);
			}
			value = argv[*i];
		}
		*ret_exit = PE_EXIT_USAGE;
		if (set_option(cmd, o, ctx, value) < 0)
			return -1;
		if (value)
			break;
	}
	return 0;
}

int options_read(const struct command *cmd, int argc, char **argv, void *ctx, int *ret_exit)
{
	int i;

	for (i = 1; i < argc; i++) {
		const char *a = argv[i];

		if (a[0] != '-' || a[1] == '\0')
			break;
		if (strcmp(a, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(a, "-h") == 0 || strcmp(a, "--help") == 0) {
			options_help(cmd);
			*ret_exit = 0;
			return -1;
		}
		int r = a[1] == '-' ? read_long(cmd, argc, argv, &i, ctx, ret_exit)
				    : read_letters(cmd, argc, argv, &i, ctx, ret_exit);
		if (r < 0)
			return -1;
	}
	*ret_exit = 0;
	return i;
}
