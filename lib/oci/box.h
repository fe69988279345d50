/* SPDX-License-Identifier: MIT */
/* Where the documents and layers of an image lie: a directory, or a tar archive, which is looked
 * through once and never unpacked. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { BOX_FILES_MAX = 65536 };

/* A part of a file that is open. */
struct box_file {
	int fd;
	uint64_t at, n;
};

struct box;

int box_open_dir(const char *path, struct box **ret, struct error *err);

/* @path may be compressed: then it is undone once, into a temporary file without a name. */
int box_open_archive(const char *path, struct box **ret, struct error *err);

/* Opens file @name, a relative path. -ENOENT names box and file. Caller closes ret->fd. */
int box_find(struct box *b, const char *name, struct box_file *ret, struct error *err);

/* All of file @name, at most @max bytes. */
int box_read(struct box *b, const char *name, size_t max, struct buf *ret, struct error *err);

const char *box_path(const struct box *b);
void box_close(struct box *b);
void box_closep(struct box **b);
