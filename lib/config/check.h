/* SPDX-License-Identifier: MIT */
/* Whether a text may be the value of a setting. Part of lib/config. */
#pragma once

#include "base/error.h"
#include "config.h"

/* 0 or -EINVAL; the message names the text. */
int config_check(enum config_check check, const char *text, struct error *err);

/* The number of a word among those that are allowed, or -EINVAL with a message that has them all.
 */
int config_word(enum config_check check, const char *text, struct error *err);

/* The word of number @n; the last one for those beyond. */
const char *config_word_text(enum config_check check, unsigned n);

/* "1-3,6" into @ret as bits. */
int config_parse_cpus(const char *text, bool *ret, size_t max, struct error *err);
