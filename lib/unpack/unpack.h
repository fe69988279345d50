/* SPDX-License-Identifier: MIT */
/*
 * A layer on its way: read, hashed and decompressed in a thread of its own, hashed again by who
 * takes it, and held against the digests that its image promises.
 *
 * A layer that swells beyond all measure is refused (UNPACK_RATIO_MAX once it is larger than
 * UNPACK_RATIO_FROM), so nobody fills a disk with a megabyte.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stream.h"

enum { UNPACK_RATIO_MAX = 200 };
#define UNPACK_RATIO_FROM ((uint64_t)1 << 30)
#define UNPACK_BYTES_MAX  ((uint64_t)1 << 40) /* of one layer, undone */

struct unpack_spec {
	int fd;           /* borrowed; read with pread() */
	uint64_t at, n;   /* where in it, and how much; a file that is shorter is an error */
	const char *name; /* for messages; borrowed */
	const unsigned char *digest;  /* of what is stored; NULL: nobody promised one */
	const unsigned char *diff_id; /* of what comes out; NULL likewise */
	_Atomic uint64_t *done;       /* gets bytes read added; may be NULL */
};

struct unpack;

int unpack_open(const struct unpack_spec *spec, struct unpack **ret, struct error *err);

/* The stream of what comes out. At its end -EBADMSG when a digest is not the promised one. */
struct stream unpack_stream(struct unpack *u);

/* Ends it in whatever state it is. */
void unpack_close(struct unpack *u);
void unpack_closep(struct unpack **u);
