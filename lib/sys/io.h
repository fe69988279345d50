/* SPDX-License-Identifier: MIT */
/* Whole reads and writes: no short counts, no EINTR. All return 0 or -errno unless said otherwise.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

/* Bytes read, less than @n only at the end of the file. */
ssize_t io_read(int fd, void *p, size_t n);
ssize_t io_pread(int fd, void *p, size_t n, off_t at);

int io_write(int fd, const void *p, size_t n);
int io_pwrite(int fd, const void *p, size_t n, off_t at);

/* Appends what is left in @fd to @b; -EFBIG when that is more than @max bytes. */
int io_read_all(int fd, size_t max, struct buf *b);
