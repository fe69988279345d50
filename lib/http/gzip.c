/* SPDX-License-Identifier: MIT */
#include "gzip.h"

#include <errno.h>
#include <stdint.h>
#include <zlib.h>

enum { LEVEL = 1, WINDOW_GZIP = 15 + 16, MEMORY = 8, CHUNK = 32768 };

int gzip_compress(struct span s, struct buf *to)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)s.p, .avail_in = (uInt)s.n };
	unsigned char chunk[CHUNK];
	int r;

	if (s.n > UINT32_MAX / 2 || deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY,
					    Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	do {
		z.next_out = chunk;
		z.avail_out = sizeof chunk;
		r = deflate(&z, Z_FINISH);
		if (buf_add(to, chunk, sizeof chunk - z.avail_out) < 0)
			r = Z_MEM_ERROR;
	} while (r == Z_OK || r == Z_BUF_ERROR);
	deflateEnd(&z);
	return r == Z_STREAM_END ? 0 : -ENOMEM;
}
