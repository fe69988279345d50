/* SPDX-License-Identifier: MIT */
#include "codec.h"

static ssize_t plain_run(
	void *state, struct span *in, char *out, size_t room, bool *ret_between, struct error *err)
{
	size_t n = in->n < room ? in->n : room;

	(void)state;
	(void)err;
	if (n > 0)
		memcpy(out, in->p, n);
	*in = span_skip(*in, n);
	*ret_between = true;
	return (ssize_t)n;
}

static void *plain_open(void)
{
	static char nothing;

	return &nothing;
}

static void plain_close(void *state)
{
	(void)state;
}

const struct codec codec_plain = {
	.name = "no compression",
	.open = plain_open,
	.run = plain_run,
	.close = plain_close,
};

const struct codec *codec_of(struct span head)
{
	if (span_starts(head, SPAN_LITERAL("\x1f\x8b")))
		return &codec_gzip;
	/* A frame, or one that is to be skipped, which zstd:chunked begins with. */
	if (span_starts(head, SPAN_LITERAL("\x28\xb5\x2f\xfd")) ||
		(head.n >= 4 && (head.p[0] & 0xf0) == 0x50 &&
			memcmp(head.p + 1, "\x2a\x4d\x18", 3) == 0))
		return &codec_zstd;
	return &codec_plain;
}
