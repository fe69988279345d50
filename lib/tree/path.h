/* SPDX-License-Identifier: MIT */
/*
 * Names as layers have them, led to a place in a tree.
 *
 * A path never leaves the tree: ".." is refused, an absolute symbolic link starts at the tree's own
 * root. A link on the way is followed as other container tools do it (a lower layer's /lib ->
 * usr/lib, say), but one that the same layer made is refused: no honest archive writes through a
 * link that it has just brought along.
 */
#pragma once

#include "tree.h"

/*
 * The directory that @path's last name lies in, and that name (of @path; empty when the path is the
 * root itself). Directories that are missing on the way are made, mode 755, when @make. -EINVAL for
 * a path that leads out, through a fresh link or through what is no directory, -ENOENT when
 * something is missing and not @make, -ELOOP, -ENAMETOOLONG, -E2BIG, -ENOMEM; the message names the
 * path.
 */
int tree_lead(struct tree *t, struct span path, uint32_t layer, bool make,
	struct tree_inode **ret_dir, struct span *ret_name, struct error *err);

/* What @path, relative to the root, names; the last name is not followed. NULL when there is none.
 */
struct tree_entry *tree_look(struct tree *t, const char *path);
