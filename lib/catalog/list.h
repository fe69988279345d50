/* SPDX-License-Identifier: MIT */
/* A list of texts, as it comes from YAML. */
#pragma once

#include <stddef.h>

struct recipe_list {
	char **v; /* not NULL-terminated */
	size_t n;
};
