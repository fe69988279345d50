/* SPDX-License-Identifier: MIT */
/* Writes tar archives as POSIX has them: ustar, with PAX headers for what does not fit in there. */
#pragma once

#include "tar.h"

struct tar_writer {
	/* Takes the next bytes. 0 or -errno, which ends the archive. */
	int (*write)(void *ctx, const void *p, size_t n);
	void *ctx;
};

/* The header of @e. The data of a file, e->size bytes, and then tar_write_padding() must follow. */
int tar_write_entry(const struct tar_writer *w, const struct tar_entry *e);
int tar_write_padding(const struct tar_writer *w, uint64_t size);

/* The two blocks at the end. */
int tar_write_end(const struct tar_writer *w);
