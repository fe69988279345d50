/* SPDX-License-Identifier: MIT */
/*
 * Reads tar archives of strangers, in one pass.
 *
 * What is understood: v7, ustar, GNU (long names and links, base-256 numbers, sparse files), PAX
 * (global and per entry; sparse files of versions 0.0, 0.1 and 1.0; xattrs as SCHILY.xattr and
 * LIBARCHIVE.xattr). Every number is checked before it is believed. Nothing is written anywhere.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/stream.h"

enum {
	TAR_BLOCK = 512,
	TAR_PAX_MAX = 1 << 20,    /* bytes of one extended header, or of a long name */
	TAR_SPARSE_MAX = 1 << 16, /* pieces of one sparse file */
	TAR_XATTRS_MAX = 256,     /* of one entry */
	TAR_XATTR_VALUE_MAX = 64 << 10,
	TAR_XATTR_NAME_MAX = 255,
};

#define TAR_FILE_MAX ((uint64_t)1 << 37) /* bytes of one file, holes included */

enum tar_type {
	TAR_FILE,
	TAR_HARD_LINK,
	TAR_SYMLINK,
	TAR_CHAR,
	TAR_BLOCK_DEVICE,
	TAR_DIRECTORY,
	TAR_FIFO,
};

struct tar_xattr {
	struct span name, value;
};

/* All of it is borrowed until the next tar_next(). */
struct tar_entry {
	enum tar_type type;
	struct span name, link; /* as they stand in the archive; link of hard and symbolic links */
	uint32_t mode;          /* permission bits with setuid, setgid and sticky */
	uint32_t uid, gid;
	int64_t mtime;
	uint32_t mtime_ns;
	uint32_t major, minor;
	uint64_t size; /* of a file, with its holes */
	const struct tar_xattr *xattrs;
	size_t n_xattrs;
};

struct tar_reader;

/* Borrows what @s needs. NULL on -ENOMEM. */
struct tar_reader *tar_reader_new(struct stream s);
void tar_reader_free(struct tar_reader *t);
void tar_reader_freep(struct tar_reader **t);

/* 1 with the next entry, 0 at the end of the archive, -errno (-EPROTO for what is no tar,
 * -ENODATA for what ends in the middle) with a message that names the offset and, where it is
 * known, the entry. */
int tar_next(struct tar_reader *t, struct tar_entry *ret, struct error *err);

/*
 * The next piece of the file that tar_next() gave: 1 with @ret, which belongs at offset *@ret_at
 * and is borrowed until the next call, in ascending order; what is in no piece is a hole. 0 at its
 * end. tar_next() passes over what was not read.
 */
int tar_data(struct tar_reader *t, struct span *ret, uint64_t *ret_at, struct error *err);

/* Reads on to the end of the stream behind the archive's own end: padding, whose bytes do not
 * matter. */
int tar_drain(struct tar_reader *t, struct error *err);

/* Bytes of the stream that were read so far. */
uint64_t tar_offset(const struct tar_reader *t);
