/* SPDX-License-Identifier: MIT */
/* Where the pieces of a sparse file belong. */
#pragma once

#include <stdint.h>

#include "tar.h"

struct sparse_piece {
	uint64_t at, n;
};

struct sparse_map {
	struct sparse_piece *v;
	size_t n, room;
	uint64_t pending; /* an offset that waits for its length */
	bool has_pending;
};

/* Adds a piece. -E2BIG, -ENOMEM. */
int sparse_add(struct sparse_map *m, uint64_t at, uint64_t n);

/* "offset,length,offset,length..." (version 0.1). -EINVAL, -E2BIG, -ENOMEM. */
int sparse_read_list(struct sparse_map *m, struct span text);

/* The four (or, in a continuation, 21) offset and length fields of an old GNU header; an empty one
 * ends them. */
int sparse_read_fields(struct sparse_map *m, struct span fields);

/*
 * 0 when the pieces ascend, do not overlap, end within @size, and take @stored bytes together; else
 * -EINVAL.
 */
int sparse_check(const struct sparse_map *m, uint64_t size, uint64_t stored);

void sparse_done(struct sparse_map *m);
