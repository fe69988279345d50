/* SPDX-License-Identifier: MIT */
/* Numbers as people and guests write them. Strict: all of the text or -EINVAL, too large is
 * -ERANGE. */
#pragma once

#include <stdint.h>

#include "span.h"

/* Decimal digits only, at most @max. */
int parse_u64(struct span s, uint64_t max, uint64_t *ret);

/* Exactly @s.n hexadecimal digits, at most 16. */
int parse_hex(struct span s, uint64_t *ret);

/* A size in bytes: digits, then nothing or one of k K m M g G (powers of 1024), then nothing or B
 * or iB. */
int parse_size(struct span s, uint64_t *ret_bytes);

/* A time: digits with an optional fraction in seconds, or the unit ms, s, m, h or d behind. */
int parse_duration_ms(struct span s, uint64_t *ret_ms);

/* "1.5 GiB", "12 KiB", "17 B" into @buf; returns @buf. */
char *format_size(char *buf, size_t n, uint64_t bytes);
