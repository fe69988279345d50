/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary bodies of multipart/form-data, in pieces of every size: however a body is cut, the same
 * parts come out. The first byte is the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "serve/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_begin(void *ctx, const struct multipart_part *part)
{
	return buf_addf(ctx, "<%s|%s>", part->name, part->filename ? part->filename : "-");
}

static int on_data(void *ctx, struct span bytes)
{
	return buf_add(ctx, bytes.p, bytes.n);
}

static int on_end(void *ctx)
{
	return buf_addf(ctx, "</>");
}

static const struct multipart_ops ops = { on_begin, on_data, on_end };

static bool read_all(struct span body, size_t piece, struct buf *said)
{
	struct multipart *m = multipart_new("multipart/form-data; boundary=\"b\"", &ops, said);
	int r = 0;

	if (!m)
		abort();
	while (r == 0 && body.n > 0) {
		size_t n = piece < body.n ? piece : body.n;
		r = multipart_feed(m, (struct span){ body.p, n });
		body = span_skip(body, n);
	}
	bool whole = r == 0 && multipart_is_whole(m);
	if (r < 0 && !*multipart_fault(m))
		abort();
	multipart_free(m);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf one = { 0 };
	cleanup_buf struct buf other = { 0 };

	if (size == 0)
		return 0;
	struct span body = { (const char *)data + 1, size - 1 };
	bool a = read_all(body, body.n ? body.n : 1, &one),
	     b = read_all(body, (size_t)data[0] + 1, &other);
	if (a != b || one.n != other.n || (one.n > 0 && memcmp(one.p, other.p, one.n) != 0))
		abort();
	return 0;
}
