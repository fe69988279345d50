/* SPDX-License-Identifier: MIT */
#include "settings.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int settings_set_file(void *ctx, const char *value)
{
	((struct settings *)ctx)->file = value;
	return 0;
}

int settings_set(void *ctx, const struct option_row *row, const char *value)
{
	struct settings *s = ctx;
	struct error err;
	char where[64];

	snprintf(where, sizeof where, "--%s", row->name);
	int r = config_set(s->config, config_find(row->name), value, CONFIG_OPTION, where, &err);
	if (r < 0)
		pe_say("%s", err.text);
	return r;
}

/* A file that was asked for must be there; the system's may be missing. */
static const char *choose_file(const struct settings *s)
{
	const char *named = s->file ? s->file : getenv(CONFIG_ENV_PREFIX "CONFIG");

	if (named)
		return named;
	return access(CONFIG_SYSTEM_FILE, F_OK) == 0 ? CONFIG_SYSTEM_FILE : NULL;
}

int settings_load(struct settings *s, struct error *err)
{
	const char *file = choose_file(s);

	int r = file && *file ? config_read_file(s->config, file, err) : 0;
	if (r == 0)
		r = config_read_environment(s->config, environ, err);
	return r < 0 ? r : config_finish(s->config, err);
}

void settings_done(struct settings *s)
{
	config_free(s->config);
	s->config = NULL;
}
