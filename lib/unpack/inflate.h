/* SPDX-License-Identifier: MIT */
/*
 * DEFLATE (RFC 1951) undone, in pieces of any size.
 *
 * Why there is one of our own: pe is linked statically, of the libraries that stream only zlib
 * comes so with the distribution, and zlib takes twice the time (doc/performance.md has the
 * figures).
 *
 * Input is looked at where it lies, some bytes ahead; a symbol or a header that is not all there
 * yet is begun again with the next piece. Output is made in a buffer of our own, which holds the 32
 * KiB that may be referred to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "huffman.h"

enum {
	INFLATE_WINDOW = 32 << 10,
	INFLATE_OUT = 256 << 10,
	INFLATE_SLACK = 512,       /* behind the end, for copies that go on for some bytes */
	INFLATE_HEADER_MAX = 1024, /* bytes that one header of a block takes at most */
};

enum inflate_phase {
	INFLATE_HEADER,
	INFLATE_STORED,
	INFLATE_CODES,
	INFLATE_END,
};

struct inflate {
	enum inflate_phase state;
	bool last; /* block */
	uint64_t bits;
	unsigned n_bits;
	uint32_t stored; /* bytes of a stored block to come */
	size_t begin;    /* of what may be referred to, in out */
	size_t pos;      /* where the next byte goes */
	uint32_t symbols[HUFFMAN_SYMBOL_TABLE];
	uint32_t offsets[HUFFMAN_OFFSET_TABLE];
	uint8_t out[INFLATE_WINDOW + INFLATE_OUT + INFLATE_SLACK];
};

void inflate_begin(struct inflate *s);

/*
 * Takes from *@in, which it moves, up to @end. Adds to out[..pos], at least until pos is
 * INFLATE_WINDOW
 * + INFLATE_OUT, unless the input or the stream ends before. 1 at the end of the stream: *@in is
 * then behind its last byte. 0 when it wants more input, or room: see inflate_make_room(). -EPROTO
 * for what is no DEFLATE. What is left of the input, less than INFLATE_HEADER_MAX bytes when it
 * wants more, must be in front of what comes next.
 */
int inflate_some(struct inflate *s, const uint8_t **in, const uint8_t *end);

/* All of out was taken: what may be referred to goes to its front. */
void inflate_make_room(struct inflate *s);

bool inflate_is_full(const struct inflate *s);
