/* SPDX-License-Identifier: MIT */
/* The names of a directory, in the order and in the blocks in which erofs keeps them. */
#pragma once

#include "tree/tree.h"

/* One name of a directory, "." and ".." among them. */
struct names_item {
	struct span name;
	const struct tree_inode *inode;
};

struct names {
	const struct tree_inode *dir;
	uint32_t i;    /* of dir->sorted */
	unsigned dots; /* how many of "." and ".." are through */
	struct names_item next;
	bool has_next;
};

/* Sorts the children of @dir, once, into dir->sorted, which lives as long as @t. -ENOMEM. */
int names_sort(struct tree *t, struct tree_inode *dir);

void names_init(struct names *n, const struct tree_inode *sorted_dir);

/*
 * Up to @room names that fit one block: how many, and *@ret_bytes that they take. 0 at the end.
 * @items has room for NAMES_BLOCK_MAX.
 */
enum { NAMES_BLOCK_MAX = 4096 / 13 };
size_t names_block(struct names *n, struct names_item *items, uint32_t *ret_bytes);
