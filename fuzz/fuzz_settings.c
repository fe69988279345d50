/* SPDX-License-Identifier: MIT */
/* Arbitrary files of settings: what is taken can be shown, and reads the same again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All values, without where they came from. */
static char *shown(const struct config *c)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	config_show(c, f);
	fclose(f);
	return text;
}

static void cut_origins(char *text)
{
	char *to = text;

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		char *origin = strrchr(line, '#');
		if (!origin)
			abort();
		memmove(to, line, (size_t)(origin - line));
		to += origin - line;
	}
	*to = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup(config_freep) struct config *c = config_new();
	cleanup(config_freep) struct config *again = config_new();
	struct error err;

	if (!c || !again ||
		config_parse(c, "fuzz", (struct span){ (const char *)data, size }, &err) < 0)
		return 0;
	cleanup_free char *first = shown(c);
	if (config_parse(again, "again", span_of(first), &err) < 0)
		abort();
	cleanup_free char *second = shown(again);
	cut_origins(first);
	cut_origins(second);
	if (strcmp(first, second) != 0)
		abort();
	return 0;
}
