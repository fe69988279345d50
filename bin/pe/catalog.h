/* SPDX-License-Identifier: MIT */
/* The sub-commands of `pe catalog`. Each gets argv[0] = its own name and returns an exit status. */
#pragma once

#include "base/error.h"
#include "pe.h"

struct catalog;

extern const struct command catalog_check_command, catalog_ls_command, catalog_run_command,
	catalog_show_command;

int cmd_catalog(int argc, char **argv);
int cmd_catalog_check(int argc, char **argv);
int cmd_catalog_ls(int argc, char **argv);
int cmd_catalog_run(int argc, char **argv);
int cmd_catalog_show(int argc, char **argv);

/* Says @what and how @cmd is used. Returns PE_EXIT_USAGE. */
int catalog_usage(const struct command *cmd, const char *what);

/* The catalog in @dir, NULL for the usual place, with all that the images of @store say of
 * themselves. */
int catalog_load_all(const char *dir, const char *store, struct catalog **ret, struct error *err);
