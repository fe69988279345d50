/* SPDX-License-Identifier: MIT */
/*
 * From a tree to the metadata of an erofs file system: one run of bytes, the same for the same
 * tree.
 *
 * Files with contents elsewhere are chunk-based, of one chunk each, on device 1; small ones lie
 * behind their inodes. The addresses of contents depend on who keeps them, all else does not: so
 * they are left out (zero) at first, told in `refs`, and put in by erofs_place().
 */
#pragma once

#include "tree/tree.h"

/* A file with contents elsewhere. */
struct erofs_ref {
	size_t at; /* of the address in the metadata */
	const struct tree_data *data;
	uint64_t size;
};

struct erofs_metadata {
	char *p;
	size_t n;               /* a whole number of blocks */
	struct erofs_ref *refs; /* ascending by `at` */
	size_t n_refs;
};

/* Borrows @t, whose inodes' fields "for who writes" it uses. -E2BIG names what does not fit the
 * format. Caller calls erofs_metadata_done(). */
int erofs_write(struct tree *t, struct erofs_metadata *ret, struct error *err);

/* Puts the addresses in. -E2BIG when one is beyond 16 TiB. */
int erofs_place(struct erofs_metadata *m, struct error *err);

void erofs_metadata_done(struct erofs_metadata *m);

/*
 * The digest of an image: of its metadata without addresses, and of all contents in the order in
 * which the metadata refers to them. The same for the same tree, wherever its contents are kept.
 * Borrows @h. Call it before erofs_place().
 */
struct sha256;
void erofs_digest(const struct erofs_metadata *m, struct sha256 *h, unsigned char ret[32]);
