/* SPDX-License-Identifier: MIT */
/* From one line of text to the words of a command, as a person types them. */
#pragma once

#include "base/strv.h"

/*
 * Splits @text at white space and adds the words to @ret. '...' keeps all as it is; in "..." a
 * backslash keeps a backslash or a double quote; outside, it keeps any character. Nothing else is
 * special: no variables, no patterns. -EINVAL for a quote that is not closed or a backslash at the
 * very end, -ENOMEM.
 */
int words_split(const char *text, struct strv *ret);
