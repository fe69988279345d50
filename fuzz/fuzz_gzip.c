/* SPDX-License-Identifier: MIT */
/* Our DEFLATE beside zlib's: what one makes of some bytes the other makes too, or both refuse them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "unpack/inflate.h"

enum { OUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 1 at the end of the stream, 0 when it is not all there, -1 when it is broken. */
static int ours(const uint8_t *p, size_t n, size_t step, struct buf *out)
{
	struct inflate *s = calloc(1, sizeof *s);
	uint8_t *gathered = malloc(n + 1);
	size_t have = 0, taken = 0;
	int r = 0;

	if (!s || !gathered)
		abort();
	inflate_begin(s);
	while (r == 0 && out->n < OUT_MAX) {
		size_t more = n < step ? n : step, before = s->pos;
		memcpy(gathered + have, p, more);
		p += more;
		n -= more;
		have += more;

		const uint8_t *at = gathered;
		r = inflate_some(s, &at, gathered + have);
		have -= (size_t)(at - gathered);
		memmove(gathered, at, have);
		buf_add(out, s->out + taken, s->pos - taken);
		bool stuck = r == 0 && n == 0 && s->pos == before;
		taken = s->pos;
		if (inflate_is_full(s)) {
			inflate_make_room(s);
			taken = s->pos;
		} else if (stuck) {
			break;
		}
	}
	free(gathered);
	free(s);
	return r < 0 ? -1 : r;
}

static int theirs(const uint8_t *p, size_t n, struct buf *out)
{
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)p, .avail_in = (unsigned)n };
	uint8_t piece[4096];
	int r;

	inflateInit2(&z, -15);
	do {
		z.next_out = piece;
		z.avail_out = sizeof piece;
		r = inflate(&z, Z_NO_FLUSH);
		buf_add(out, piece, sizeof piece - z.avail_out);
	} while (r == Z_OK && out->n < OUT_MAX);
	inflateEnd(&z);
	return r == Z_STREAM_END ? 1 : r == Z_OK || r == Z_BUF_ERROR ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf a = { 0 }, b = { 0 };

	if (size < 1)
		return 0;
	int x = ours(data + 1, size - 1, 1 + (size_t)data[0] * 8, &a);
	int y = theirs(data + 1, size - 1, &b);
	if (a.n >= OUT_MAX || b.n >= OUT_MAX)
		return 0;
	/* zlib may see that a code is broken before, or after, a symbol that is not all there. */
	if ((x == 1) != (y == 1))
		abort();
	size_t n = a.n < b.n ? a.n : b.n;
	if ((x == 1 && a.n != b.n) || (n > 0 && memcmp(a.p, b.p, n) != 0))
		abort();
	return 0;
}
