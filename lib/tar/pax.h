/* SPDX-License-Identifier: MIT */
/* PAX extended headers: "LENGTH KEY=VALUE\n" records that override what a tar header says. */
#pragma once

#include <stdbool.h>

#include "sparse.h"
#include "tar.h"

enum pax_field {
	PAX_PATH = 1 << 0,
	PAX_LINK = 1 << 1,
	PAX_SIZE = 1 << 2,
	PAX_UID = 1 << 3,
	PAX_GID = 1 << 4,
	PAX_MTIME = 1 << 5,
	PAX_REAL_SIZE = 1 << 6, /* of a sparse file */
	PAX_SPARSE_NAME = 1 << 7,
};

/* What the records said. Spans point into the text that was read. */
struct pax {
	unsigned have; /* enum pax_field */
	struct span path, link, sparse_name;
	uint64_t size, real_size;
	uint32_t uid, gid;
	int64_t mtime;
	uint32_t mtime_ns;
	unsigned sparse_major, sparse_minor;
	struct sparse_map map; /* of versions 0.0 and 0.1 */
	struct tar_xattr *xattrs;
	size_t n_xattrs;
	struct buf values; /* decoded xattrs */
};

/* Reads the records of @text on top of @p. -EPROTO with a message, -ENOMEM. */
int pax_read(struct pax *p, struct span text, struct error *err);

void pax_reset(struct pax *p); /* gives everything back and forgets it */
