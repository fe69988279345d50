/* SPDX-License-Identifier: MIT */
/* "os/architecture" or "os/architecture/variant", in the words of images. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* What this machine runs, into @buf; returns @buf. */
char *platform_host(char *buf, size_t n);

/* True for letters, digits, '-', '_' and '.' in two or three parts. */
bool platform_valid(const char *s);

/*
 * How well an image for @is suits who wants @wanted: 0 not at all, 1 when a variant is told by one
 * of them alone, 2 when they are the same.
 */
int platform_match(const char *is, const char *wanted);
