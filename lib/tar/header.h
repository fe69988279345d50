/* SPDX-License-Identifier: MIT */
/* One block of 512 bytes that begins an entry. */
#pragma once

#include <stdbool.h>

#include "sparse.h"
#include "tar.h"

struct tar_header {
	char type; /* as it stands there */
	char name[100 + 1 + 155 + 1];
	char link[100 + 1];
	uint32_t mode, uid, gid, major, minor;
	int64_t mtime;
	uint64_t size;
	/* Old GNU sparse files. */
	uint64_t real_size;
	bool more_map;
};

bool tar_block_is_zero(const char *block);

/* -EPROTO with a message. The map of an old GNU sparse file is added to @map. */
int tar_header_read(
	struct tar_header *h, const char *block, struct sparse_map *map, struct error *err);
