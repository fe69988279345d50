/* SPDX-License-Identifier: MIT */
/* pe serve: its options, which pe (for its help) and pe-serve (to run) share. */
#pragma once

#include <stdbool.h>

#include "settings.h"

struct serve_options {
	struct settings settings; /* first */
	bool check;
};

extern const struct command serve_command;
