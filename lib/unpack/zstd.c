/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <zstd.h>

#include "codec.h"

enum {
	WINDOW_LOG_MAX = 27, /* 128 MiB: what every reader of images takes */
};

static void *zstd_open(void)
{
	ZSTD_DCtx *z = ZSTD_createDCtx();

	if (z)
		ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	return z;
}

static void zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

static ssize_t zstd_run(
	void *state, struct span *in, char *out, size_t room, bool *ret_between, struct error *err)
{
	ZSTD_inBuffer from = { in->p, in->n, 0 };
	ZSTD_outBuffer to = { out, room, 0 };

	size_t r = ZSTD_decompressStream(state, &to, &from);
	*in = span_skip(*in, from.pos);
	if (ZSTD_isError(r))
		return refuse(err, -EPROTO, "its zstd is broken: %s", ZSTD_getErrorName(r));
	*ret_between = r == 0;
	return (ssize_t)to.pos;
}

const struct codec codec_zstd = {
	.name = "zstd",
	.open = zstd_open,
	.run = zstd_run,
	.close = zstd_close,
};
