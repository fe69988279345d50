/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952), of one member or of many, as stargz and pigz write them. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec.h"
#include "inflate.h"

enum {
	IN_BYTES = 128 << 10, /* input is gathered here; a member's header must fit */
	HEAD_BYTES = 10,
	TAIL_BYTES = 8,
	HAS_CRC = 2,
	HAS_EXTRA = 4,
	HAS_NAME = 8,
	HAS_COMMENT = 16,
};

enum gzip_state {
	GZIP_BETWEEN,
	GZIP_HEAD,
	GZIP_BODY,
	GZIP_TAIL,
};

struct gzip {
	enum gzip_state state;
	bool check;         /* the CRC-32, when nobody knows a better digest */
	uint32_t crc, size; /* of the member so far */
	size_t taken;       /* of inflate.out */
	size_t in_n;
	uint8_t in[IN_BYTES];
	struct inflate inflate;
};

static void *gzip_open(bool check)
{
	struct gzip *g = calloc(1, sizeof *g);

	if (g)
		g->check = check;
	return g;
}

static void gzip_close(void *state)
{
	free(state);
}

static void drop_input(struct gzip *g, size_t n)
{
	g->in_n -= n;
	memmove(g->in, g->in + n, g->in_n);
}

static int broken(struct error *err, const char *what)
{
	return refuse(err, -EPROTO, "its gzip is broken: %s", what);
}

/* Behind a member there may be another, or zeros, and nothing else. */
static int step_between(struct gzip *g, struct error *err)
{
	size_t n = 0;

	(void)err;
	while (n < g->in_n && g->in[n] == 0)
		n++;
	drop_input(g, n);
	if (g->in_n > 0)
		g->state = GZIP_HEAD;
	return g->in_n > 0;
}

/* The end of a text that ends with NUL, from @at on; 0 when it is not there. */
static size_t skip_text(const struct gzip *g, size_t at)
{
	const uint8_t *nul = at < g->in_n ? memchr(g->in + at, 0, g->in_n - at) : NULL;

	return nul ? (size_t)(nul - g->in) + 1 : 0;
}

/* Bytes of the header, 0 when it is not all there. */
static size_t measure_head(const struct gzip *g)
{
	size_t at = HEAD_BYTES;

	if (g->in_n < HEAD_BYTES + 2)
		return 0;
	if (g->in[3] & HAS_EXTRA)
		at += 2 + g->in[HEAD_BYTES] + (size_t)(g->in[HEAD_BYTES + 1] << 8);
	if ((g->in[3] & HAS_NAME) && (at = skip_text(g, at)) == 0)
		return 0;
	if ((g->in[3] & HAS_COMMENT) && (at = skip_text(g, at)) == 0)
		return 0;
	at += g->in[3] & HAS_CRC ? 2 : 0;
	return at <= g->in_n ? at : 0;
}

static int step_head(struct gzip *g, struct error *err)
{
	static const uint8_t magic[] = { 0x1f, 0x8b, 8 };

	if (memcmp(g->in, magic, g->in_n < 3 ? g->in_n : 3) != 0)
		return broken(err, "no member begins here");
	size_t n = measure_head(g);
	if (n == 0)
		return g->in_n == IN_BYTES ? broken(err, "its header is too large") : 0;
	if (g->in[3] & 0xe0)
		return broken(err, "its header has unknown flags");
	drop_input(g, n);
	inflate_begin(&g->inflate);
	g->crc = g->size = 0;
	g->state = GZIP_BODY;
	return 1;
}

static int step_body(struct gzip *g, struct error *err)
{
	const uint8_t *p = g->in;
	size_t before = g->inflate.pos;

	if (g->in_n == 0)
		return 0;
	int r = inflate_some(&g->inflate, &p, g->in + g->in_n);
	if (r < 0)
		return broken(err, "what is compressed makes no sense");
	size_t used = (size_t)(p - g->in), made = g->inflate.pos - before;
	drop_input(g, used);
	if (g->check)
		g->crc = (uint32_t)crc32(g->crc, g->inflate.out + before, (unsigned)made);
	g->size += (uint32_t)made;
	if (r == 1)
		g->state = GZIP_TAIL;
	return r == 1 || made > 0;
}

static uint32_t get(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static int step_tail(struct gzip *g, struct error *err)
{
	if (g->in_n < TAIL_BYTES)
		return 0;
	if (get(g->in + 4) != g->size)
		return broken(err, "its size is not what it says");
	if (g->check && get(g->in) != g->crc)
		return broken(err, "its checksum is wrong");
	drop_input(g, TAIL_BYTES);
	g->state = GZIP_BETWEEN;
	return 1;
}

/* Each: 1 when it got on, 0 when it wants more input. */
static int (*const steps[])(struct gzip *g, struct error *err) = {
	[GZIP_BETWEEN] = step_between,
	[GZIP_HEAD] = step_head,
	[GZIP_BODY] = step_body,
	[GZIP_TAIL] = step_tail,
};

static void gather(struct gzip *g, struct span *in)
{
	size_t n = IN_BYTES - g->in_n < in->n ? IN_BYTES - g->in_n : in->n;

	if (n > 0)
		memcpy(g->in + g->in_n, in->p, n);
	g->in_n += n;
	*in = span_skip(*in, n);
}

/* Hands over what was made, as far as there is room. */
static size_t deliver(struct gzip *g, char *out, size_t room)
{
	size_t there = g->inflate.pos - g->taken, n = there < room ? there : room;

	if (n > 0)
		memcpy(out, g->inflate.out + g->taken, n);
	g->taken += n;
	if (g->taken == g->inflate.pos && inflate_is_full(&g->inflate)) {
		inflate_make_room(&g->inflate);
		g->taken = g->inflate.pos;
	}
	return n;
}

static ssize_t gzip_run(
	void *state, struct span *in, char *out, size_t room, bool *ret_between, struct error *err)
{
	struct gzip *g = state;
	size_t n = 0;

	for (int r = 1; n < room;) {
		n += deliver(g, out + n, room - n);
		if (n == room || (r == 0 && in->n == 0))
			break;
		gather(g, in);
		r = steps[g->state](g, err);
		if (r < 0)
			return r;
	}
	*ret_between = g->state == GZIP_BETWEEN && g->in_n == 0 && g->taken == g->inflate.pos;
	return (ssize_t)n;
}

const struct codec codec_gzip = {
	.name = "gzip",
	.open = gzip_open,
	.run = gzip_run,
	.close = gzip_close,
};
