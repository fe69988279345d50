/* SPDX-License-Identifier: MIT */
/*
 * Where everything of an image lies: worked out before the first byte is written.
 *
 * Block 0 superblock and device table, then inodes with what follows them (xattrs, small contents,
 * the last part of directories), then xattrs that several inodes share, then whole blocks of
 * directories and long links. Inodes are in the order of a walk from the root, children sorted by
 * name; one that does not fit into the rest of a block goes into the fullest of the last blocks
 * that can take it.
 */
#pragma once

#include "tree/tree.h"

struct plan_inode {
	struct tree_inode *inode;
	uint64_t tail; /* bytes that follow the inode and its xattrs; of a directory its last block
			*/
	uint64_t blocks; /* whole blocks elsewhere */
	uint32_t block;  /* the first of them */
	uint32_t xattr_bytes;
	uint8_t layout;
	bool extended;
};

struct plan_xattr {
	const struct tree_xattr *x;
	uint32_t at; /* from the start of the shared area, a multiple of 4 */
};

struct plan {
	struct plan_inode *inodes; /* inode->number is the index; the root is the first */
	size_t n, room;
	int64_t epoch; /* the most frequent time: inodes that have it are the short ones */
	uint32_t epoch_ns;
	struct plan_xattr *shared;
	size_t n_shared;
	uint32_t shared_block, shared_bytes; /* where they begin */
	uint32_t end_block;
};

int plan_make(struct plan *p, struct tree *t, struct error *err);
void plan_done(struct plan *p);

/* The number of @name's prefix; what is behind it goes to *@ret_rest. 0: there is none. */
uint8_t plan_prefix(struct span name, struct span *ret_rest);

/* Bytes of one xattr as it is written, a multiple of 4. */
uint32_t plan_xattr_bytes(const struct tree_xattr *x);

/* Bytes from the start of an inode to what comes behind its xattrs, chunk indexes aligned. */
uint32_t plan_inode_bytes(const struct plan_inode *i);
