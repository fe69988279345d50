/* SPDX-License-Identifier: MIT */
/* The service's settings as a command reads them: options of its own line, the environment, the
 * file. */
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "pe.h"

/* The first member of what a command with these options reads into. */
struct settings {
	struct config *config;
	const char *file; /* --config, borrowed; NULL: the environment's, else the system's when
			     there is one */
};

/* The first row of settings.inc. */
#define SETTINGS_CONFIG_ROW                                                                        \
	{                                                                                          \
		0, "config", "FILE",                                                               \
			"settings (default: $PE_SERVE_CONFIG, else " CONFIG_SYSTEM_FILE ")",       \
			settings_set_file                                                          \
	}

int settings_set_file(void *ctx, const char *value);
int settings_set(void *ctx, const struct option_row *row, const char *value);

/* After the options: the rest. */
int settings_load(struct settings *s, struct error *err);

void settings_done(struct settings *s);
#define cleanup_settings cleanup(settings_done)
