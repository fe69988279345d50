/* SPDX-License-Identifier: MIT */
/* Memory that is a file: how bytes travel to and from a VM. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/* A new descriptor, empty, sealable, or -errno. @name is for /proc only. */
int memfd_new(const char *name);

/* No byte of @fd can change any more, by anybody. 0 or -errno. */
int memfd_freeze(int fd);

/* Gives @fd exactly @n zero bytes, and never more or less. 0 or -errno. */
int memfd_fix_size(int fd, uint64_t n);

/* A read-only view of the whole of @fd; memfd_unmap() it. 0 or -errno. */
int memfd_map(int fd, struct span *ret);
void memfd_unmap(const struct span *s);

#define cleanup_map __attribute__((cleanup(memfd_unmap)))
