/* SPDX-License-Identifier: MIT */
/* `pe template` and its sub-commands. */
#pragma once

#include "pe.h"

extern const struct command template_serve_command, template_ls_command, template_stop_command;

int cmd_template(int argc, char **argv);
