/* SPDX-License-Identifier: MIT */
/* Xattrs that several inodes have, name and value alike, are written once. */
#pragma once

#include "plan.h"

/* tree_xattr.shared of one that is not. */
#define XATTR_INLINE UINT32_MAX

enum { SHARED_MAX = 255 }; /* shared xattrs of one inode */

/* Finds them, gives each its place, and says so in every tree_xattr.shared. -ENOMEM. */
int shared_find(struct plan *p);

/* Bytes of all that an inode says of its xattrs; 0 without any that erofs can keep. */
uint32_t shared_ibody_bytes(const struct plan *p, const struct tree_inode *i);
