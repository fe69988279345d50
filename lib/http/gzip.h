/* SPDX-License-Identifier: MIT */
/* gzip of an answer: fast rather than small. */
#pragma once

#include "base/buf.h"
#include "base/span.h"

/* Appends @s compressed. -ENOMEM. */
int gzip_compress(struct span s, struct buf *to);
