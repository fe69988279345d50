/* SPDX-License-Identifier: MIT */
/*
 * A bundle: what crosses the border of a VM, as one cpio archive ("newc", cpio(5)).
 *
 * Only regular files and directories. The root of the archive belongs to us (argv, env, config,
 * stdin; exit, stdout, stderr, skipped), everything under "dir/" to the user. Both sides read with
 * the same strict reader: what comes from a guest may have been written by an attacker, so every
 * byte is checked before it is believed.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

enum {
	BUNDLE_BLOCK = 4096,        /* a finished bundle is a whole number of these */
	BUNDLE_NAME_MAX = 4095,     /* bytes of a name, "dir/" included */
	BUNDLE_COMPONENT_MAX = 255, /* bytes between two slashes */
	BUNDLE_ENTRIES_MAX = 65536, /* entries that a reader accepts */
};

#define BUNDLE_DATA_MAX UINT32_MAX /* bytes of one file: newc has 32 bits for it */

/*
 * 0 when @name is a relative path in normal form: no empty, "." or ".." component, no NUL, no slash
 * at either end, no component above BUNDLE_COMPONENT_MAX. Else -EINVAL or -ENAMETOOLONG. Every
 * other byte is allowed.
 */
int bundle_name_check(struct span name);

/* Bytes that an entry with these sizes takes in a bundle. */
uint64_t bundle_cost(size_t name_n, uint64_t data_n);

/*
 * Writing. The writer owns nothing: @fd and @buf (a multiple of BUNDLE_BLOCK, so aligned that @fd
 * may be O_DIRECT) are the caller's. After an error other than -EFBIG the bundle is lost. -EFBIG
 * comes before anything of the entry was written: the caller may leave the entry out and go on;
 * room for the trailer is always kept.
 */
struct bundle_writer {
	int fd;
	uint64_t limit;                /* bytes that the finished bundle may have */
	uint64_t at;                   /* bytes written to @fd */
	uint32_t entries, entries_max; /* so far; at most */
	char *buf;
	size_t n, room;
};

void bundle_writer_init(struct bundle_writer *w, int fd, uint64_t limit, char *buf, size_t room);

/* Bytes that the bundle has so far, without the trailer. */
uint64_t bundle_writer_size(const struct bundle_writer *w);

/* @mode: permission bits. -EFBIG, or what write(2) says. */
int bundle_add(struct bundle_writer *w, struct span name, mode_t mode, struct span data);
int bundle_add_dir(struct bundle_writer *w, struct span name, mode_t mode);

/* Copies @n bytes of @from, which starts at its beginning; a file that got shorter meanwhile is
 * filled with zeros. */
int bundle_add_fd(struct bundle_writer *w, struct span name, mode_t mode, int from, uint64_t n);

/* Writes the trailer and pads to a whole block. */
int bundle_finish(struct bundle_writer *w);

/* Reading: a walk over bytes that somebody else keeps. */
struct bundle_reader {
	struct span all;
	size_t at;
	uint32_t entries;
};

struct bundle_entry {
	struct span name; /* passed bundle_name_check() */
	mode_t mode;      /* type and permission bits */
	struct span data; /* empty for a directory */
};

void bundle_reader_init(struct bundle_reader *r, struct span all);

/* 1 with the next entry, 0 at the trailer, -EPROTO with a message that names the offset and what is
 * wrong there. */
int bundle_next(struct bundle_reader *r, struct bundle_entry *ret, struct error *err);
