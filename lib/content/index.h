/* SPDX-License-Identifier: MIT */
/*
 * Which contents there are, and where: a file of records of 64 bytes, each with a checksum of its
 * own, that is only ever appended to, or replaced as a whole.
 *
 * What the index does not know is merely stored again; that a block is free is decided by the
 * images alone (see contents_sweep()). So a record that cannot be read costs space and nothing
 * else.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "hash/sha256.h"

enum {
	INDEX_RECORD_BYTES = 64,
	INDEX_BLOCK = 4096,
};

struct index_record {
	unsigned char sha256[SHA256_BYTES];
	uint64_t block, bytes;
};

struct index {
	struct index_record *v;
	size_t n, room;
	uint32_t *slots; /* number of a record + 1, by its digest */
	size_t n_slots;
	size_t damaged; /* records of the file that could not be believed */
};

/* The whole file @fd. A torn record at its end is not counted as damaged. */
int index_read(struct index *x, int fd, struct error *err);

/* Borrowed until the next index_add(); NULL when there is none. */
const struct index_record *index_find(const struct index *x, const unsigned char *sha256);

int index_add(struct index *x, const struct index_record *r); /* -ENOMEM */

/* Appends records @from to the last to @fd, at offset @at, in one write. */
int index_append(const struct index *x, size_t from, int fd, uint64_t at);

/* The first block behind all contents. */
uint64_t index_end(const struct index *x);

void index_done(struct index *x);
