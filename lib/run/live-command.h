/* SPDX-License-Identifier: MIT */
/* What the catalog says of programs to start before there is a job. */
#pragma once

#include "base/buf.h"

/*
 * The words of the live command of image @image's first program that has one, in the usual catalog,
 * each ending in NUL; nothing when there is none or the catalog cannot be read.
 */
void live_command(const char *image, struct buf *ret);
