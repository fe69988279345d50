/* SPDX-License-Identifier: MIT */
/* What nobody refers to goes away: from the index first, then from the disk. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* A content that somebody refers to. */
struct sweep_range {
	uint64_t block, bytes;
};

struct sweep_result {
	uint64_t contents; /* that the index has lost */
	uint64_t freed;    /* bytes of the disk */
};

/*
 * Keeps, of the contents in directory @dir_fd, those at @live[0..n), which it sorts. The caller
 * holds the store's lock and knows of everybody who refers to contents. Killed at any point, it
 * leaves what the next call finishes. @path is for messages.
 */
int contents_sweep(int dir_fd, const char *path, struct sweep_range *live, size_t n,
	struct sweep_result *ret, struct error *err);

/*
 * Makes the index know no digest of the contents at @blocks[0..n), ascending: what is added again
 * is stored again. For contents that are damaged. The caller holds the store's lock.
 */
int contents_forget(
	int dir_fd, const char *path, const uint64_t *blocks, size_t n, struct error *err);
