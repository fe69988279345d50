/* SPDX-License-Identifier: MIT */
/*
 * What runs of an image read of it, learnt from their guests and kept beside the image, so that a
 * template can have it in its page cache. It came from guests: all that is believed is that these
 * are names and numbers, and all that is done with them is to read files of the same image, in a
 * guest.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/*
 * Joins two lists (bundle/warm.h) into *@ret, without doubles, within the limits. Files stay in the
 * order of @a, new ones come after them, sorted: what the first runs looked up, which is what most
 * do, lies together in a template's memory. -EPROTO when one is damaged.
 */
int profile_merge(struct span a, struct span b, struct buf *ret);

/* How many pages a list names. */
uint64_t profile_pages(struct span list);

/* The list of image @digest in directory @dir; empty when there is none or it is damaged. */
int profile_load(const char *dir, const char *digest, struct buf *ret);

/* There is none any more. */
void profile_forget(const char *dir, const char *digest);

/* Keeps it there; makes @dir. */
int profile_store(const char *dir, const char *digest, struct span list);
