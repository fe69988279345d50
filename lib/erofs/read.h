/* SPDX-License-Identifier: MIT */
/*
 * Reads erofs metadata that lies in memory, strictly: what is not as erofs_write() writes it (or,
 * for images of older versions, mkfs.erofs without compression) is an error that says where.
 * Nothing is read outside of the given bytes, whatever they are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

enum {
	EROFS_DEPTH_MAX = 1024,
	EROFS_PATH_MAX = 256 << 10, /* a path of 1024 names of 255 bytes */
};

struct erofs_reader {
	struct span all;
	uint64_t meta_at, shared_at; /* bytes */
	uint64_t root;               /* nid */
	int64_t epoch;
	uint32_t epoch_ns;
	uint32_t devices;
};

struct erofs_node {
	uint64_t nid;
	uint32_t mode, uid, gid, nlink;
	int64_t mtime;
	uint32_t mtime_ns;
	uint32_t major, minor;
	uint64_t size;
	/* Of a file, a directory, and a symbolic link: either bytes that lie here, in one or two
	 * runs, or contents elsewhere, whose address stands at `address_at`. */
	struct span head, tail;
	bool is_data;
	uint32_t block;
	size_t address_at;
	uint64_t xattrs_at; /* 0: none */
	uint32_t xattrs_n;
};

/* @all must stay. -EINVAL with a message. */
int erofs_open(struct erofs_reader *r, struct span all, struct error *err);

int erofs_node(
	const struct erofs_reader *r, uint64_t nid, struct erofs_node *ret, struct error *err);

/*
 * Calls @visit for every name below the root, a directory before what is in it, and for the root
 * with an empty path; @again for a name of a file that had one before. What @visit returns, if not
 * 0, ends the walk. -EINVAL for what is broken, -ENOMEM.
 */
struct erofs_name {
	struct span path;
	const struct erofs_node *node;
	bool again;
};
int erofs_walk(const struct erofs_reader *r,
	int (*visit)(void *ctx, const struct erofs_name *name, struct error *err), void *ctx,
	struct error *err);

/* Calls @visit for every xattr; the name has its prefix. */
int erofs_xattrs(const struct erofs_reader *r, const struct erofs_node *n,
	int (*visit)(void *ctx, struct span name, struct span value, struct error *err), void *ctx,
	struct error *err);

/* Names in one block of a directory: for the walk. */
struct erofs_dirent {
	uint64_t nid;
	uint8_t type;
	struct span name;
};
int erofs_dirents(struct span block, size_t i, struct erofs_dirent *ret, struct error *err);
