/* SPDX-License-Identifier: MIT */
/* gzip, undone in one piece and in small ones: both make the same, or both refuse it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unpack/codec.h"

enum { OUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* 1 when the input may end where it does, 0 when it may not, -1 when it is broken. */
static int undo(struct span all, size_t step, size_t room, struct buf *out)
{
	void *state = codec_gzip.open();
	char piece[4096];
	bool between = false;
	struct error err;
	ssize_t n = 0;

	if (!state)
		abort();
	while (n >= 0 && out->n < OUT_MAX) {
		struct span in = { all.p, all.n < step ? all.n : step };
		size_t given = in.n;
		n = codec_gzip.run(state, &in, piece, room, &between, &err);
		if (n > 0)
			buf_add(out, piece, (size_t)n);
		all = span_skip(all, given - in.n);
		if (n == 0 && given == in.n)
			break;
	}
	codec_gzip.close(state);
	return n < 0 ? -1 : between && all.n == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf a = { 0 }, b = { 0 };

	if (size < 1)
		return 0;
	struct span all = { (const char *)data + 1, size - 1 };
	int x = undo(all, SIZE_MAX, 4096, &a);
	int y = undo(all, 1 + data[0] % 64, 1 + data[0], &b);
	if (a.n >= OUT_MAX || b.n >= OUT_MAX)
		return 0;
	if (x != y || (x == 1 && (a.n != b.n || (a.n > 0 && memcmp(a.p, b.p, a.n) != 0))))
		abort();
	return 0;
}
