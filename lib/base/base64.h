/* SPDX-License-Identifier: MIT */
/* Base64 as in RFC 4648, section 4. */
#pragma once

#include "buf.h"
#include "span.h"

/*
 * Adds the bytes that @text stands for to @ret, which may be NULL to check only. Strict: padded, no
 * foreign characters but spaces and line ends, no bits lost at the end. -EINVAL (what was decoded
 * until then may be in @ret), -ENOMEM.
 */
int base64_decode(struct span text, struct buf *ret);

/* Appends, padded and without line ends. -ENOMEM. */
int base64_encode(struct span s, struct buf *to);
