/* SPDX-License-Identifier: MIT */
/*
 * Behind the file system, in its metadata file, lies its seal: a CRC-32 of each of its blocks. The
 * digest says whether the metadata is right; the seal says where it is not.
 */
#pragma once

#include "base/span.h"
#include "erofs/write.h"

/* Puts the seal behind @m, whose addresses are in place. -ENOMEM. */
int seal_add(struct erofs_metadata *m);

/* The part of @file that is the file system. */
struct span seal_inside(struct span file);

/* True when block @i of the file system is not as it was sealed. A file without a seal is broken
 * everywhere. */
bool seal_is_broken(struct span file, size_t i);
