/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, section 4): strict, with padding, without white space. */
#pragma once

#include <stddef.h>

#include "buf.h"
#include "span.h"

/* Appends. -ENOMEM. */
int base64_encode(struct span s, struct buf *to);

/* Appends what @s stands for. -EINVAL for anything that base64_encode() would not write; -ENOMEM.
 */
int base64_decode(struct span s, struct buf *to);
