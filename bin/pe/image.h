/* SPDX-License-Identifier: MIT */
/* The sub-commands of `pe image`. Each gets argv[0] = its own name and returns an exit status. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pe.h"

extern const struct command image_add_command, image_build_command, image_ls_command,
	image_rm_command, image_show_command, image_test_command, image_gc_command,
	image_verify_command, image_export_command, image_warm_command;

int cmd_image_add(int argc, char **argv);
int cmd_image_build(int argc, char **argv);
int cmd_image_export(int argc, char **argv);
int cmd_image_gc(int argc, char **argv);
int cmd_image_ls(int argc, char **argv);
int cmd_image_rm(int argc, char **argv);
int cmd_image_show(int argc, char **argv);
int cmd_image_test(int argc, char **argv);
int cmd_image_verify(int argc, char **argv);
int cmd_image_warm(int argc, char **argv);

/* Says @what and how @cmd is used. Returns PE_EXIT_USAGE. */
int image_usage(const struct command *cmd, const char *what);

/* image_store_path(), or NULL after a message. */
char *image_store_or_say(const char *override);

/* "just now", "3 min", "5 h", "12 d" into @buf; returns @buf. */
char *image_format_age(char *buf, size_t n, int64_t seconds);
