/* SPDX-License-Identifier: MIT */
/*
 * Layers become one tree: each is a tar archive of what it adds or changes, and of whiteouts, names
 * that take away what layers below it had (OCI image specification, "layer").
 *
 * Contents go to the store of contents as they pass by; small ones stay in the tree. A layer of a
 * stranger may say anything: what makes no sense, leads out of the root, or is absurdly large is an
 * error that names the entry.
 */
#pragma once

#include "base/stream.h"
#include "content/content.h"
#include "tree/tree.h"

enum {
	LAYER_SMALL = 1024,          /* contents up to this stay in the tree */
	LAYER_SMALL_SUM = 32 << 20,  /* ... until they are so much together */
	LAYER_XATTRS_SUM = 64 << 20, /* bytes of all xattrs of an image */
};

#define LAYER_BYTES_MAX ((uint64_t)1 << 37) /* of all files of an image, holes included */

/* An image in the making. Both are borrowed. */
struct layers {
	struct tree *tree;
	struct contents *contents;
	uint32_t n; /* layers so far */
	uint64_t small, xattrs, bytes;
};

/* Applies the next layer. -EPROTO, -EINVAL, -E2BIG and so on with a message; the tree is then only
 * good to be freed. */
int layer_apply(struct layers *l, struct stream tar, struct error *err);

/* What a file of the tree holds, whole. -EFBIG when it has more than @max bytes. */
struct buf;
int layer_read(struct layers *l, const struct tree_inode *file, size_t max, struct buf *b);

/* For others who fill the tree: takes the content of a file of @size bytes, in pieces from @next
 * (1 with a piece and its offset, 0 at the end). */
struct layer_pieces {
	int (*next)(void *ctx, struct span *ret, uint64_t *ret_at, struct error *err);
	void *ctx;
};
int layer_content(struct layers *l, struct tree_inode *file, uint64_t size,
	const struct layer_pieces *pieces, struct error *err);

/* Adds an xattr, if erofs can keep it; -E2BIG when there are too many. */
int layer_xattr(struct layers *l, struct tree_inode *i, struct span name, struct span value,
	struct error *err);
