/* SPDX-License-Identifier: MIT */
/* gzip, of one member or of many, as stargz and pigz write them. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec.h"

enum { MAGIC = 0x1f }; /* the first byte of a member */

struct gzip {
	z_stream z;
	bool between; /* members */
};

static void *gzip_open(void)
{
	struct gzip *g = calloc(1, sizeof *g);

	if (g && inflateInit2(&g->z, 15 + 16) != Z_OK) {
		free(g);
		return NULL;
	}
	return g;
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	inflateEnd(&g->z);
	free(g);
}

/* Behind the last member there may be zeros, and nothing else. */
static void skip_zeros(struct span *in)
{
	while (in->n > 0 && *in->p == '\0')
		*in = span_skip(*in, 1);
}

static ssize_t gzip_run(
	void *state, struct span *in, char *out, size_t room, bool *ret_between, struct error *err)
{
	struct gzip *g = state;

	if (g->between) {
		skip_zeros(in);
		*ret_between = true;
		if (in->n == 0)
			return 0;
		if ((unsigned char)*in->p != MAGIC)
			return refuse(err, -EPROTO, "its gzip is broken: no member begins here");
		inflateReset(&g->z);
		g->between = false;
	}
	g->z.next_in = (unsigned char *)(uintptr_t)in->p;
	g->z.avail_in = in->n < UINT_MAX ? (unsigned)in->n : UINT_MAX;
	g->z.next_out = (unsigned char *)out;
	g->z.avail_out = room < UINT_MAX ? (unsigned)room : UINT_MAX;
	unsigned in_n = g->z.avail_in, out_n = g->z.avail_out;
	int r = inflate(&g->z, Z_NO_FLUSH);
	*in = span_skip(*in, in_n - g->z.avail_in);

	if (r == Z_MEM_ERROR)
		return fail(err, -ENOMEM, "undo gzip");
	if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
		return refuse(err, -EPROTO, "its gzip is broken: %s",
			g->z.msg ? g->z.msg : "no member begins here");
	g->between = r == Z_STREAM_END;
	*ret_between = g->between;
	return (ssize_t)(out_n - g->z.avail_out);
}

const struct codec codec_gzip = {
	.name = "gzip",
	.open = gzip_open,
	.run = gzip_run,
	.close = gzip_close,
};
