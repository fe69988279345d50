/* SPDX-License-Identifier: MIT */
/* The names that a store has. */
#pragma once

#include "base/error.h"
#include "base/strv.h"

/* All of them, sorted, added to @names. A store that does not exist has none. */
int names_read(const char *store, struct strv *names, struct error *err);
