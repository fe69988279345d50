/* SPDX-License-Identifier: MIT */
/*
 * Prefix codes of DEFLATE (RFC 1951) as tables to look up the next bits in.
 *
 * The low PRIMARY bits of what is to be read choose an entry; codes that are longer go on in a
 * table of their own behind. An entry says all that one step needs:
 *
 *   literal         1 in bit 31, the byte in 16..23, the code's length in 0..7
 *   length, offset  the base in 16..30, the code's length in 8..12, with its extra bits in 0..7
 *   HUFFMAN_OTHER   in bit 15: where in the table to go on (16..30), how many bits choose there
 *                   (8..12) and how many are done with (0..7); or, with HUFFMAN_END, the end of a
 *                   block; or, with HUFFMAN_BAD, no code at all
 */
#pragma once

#include <stdint.h>

enum {
	HUFFMAN_BITS_MAX = 15,
	HUFFMAN_OTHER = 1 << 15,
	HUFFMAN_END = 1 << 14,
	HUFFMAN_BAD = 1 << 13,

	HUFFMAN_SYMBOL_BITS = 11, /* primary bits of the code of literals and lengths */
	HUFFMAN_SYMBOLS = 288,
	HUFFMAN_SYMBOL_TABLE = 2342, /* entries that all its tables have at most */
	HUFFMAN_OFFSET_BITS = 8,
	HUFFMAN_OFFSETS = 32,
	HUFFMAN_OFFSET_TABLE = 402,
	HUFFMAN_ORDER_BITS = 7, /* of the code that code lengths are written in */
	HUFFMAN_ORDERS = 19,
};

#define HUFFMAN_LITERAL 0x80000000u

/*
 * Makes @table of the code in which symbol i, of @n, has @lengths[i] bits, 0 for none, and means
 * @meanings[i] (an entry without the code's length). -EINVAL for lengths that make no code; an
 * incomplete one is allowed when it has one symbol, of one bit, or none.
 */
int huffman_make(uint32_t *table, unsigned primary, const uint8_t *lengths, unsigned n,
	const uint32_t *meanings);

/* What symbols mean: literals, the end, lengths; offsets; and the plain number of a code length. */
extern const uint32_t huffman_symbols[HUFFMAN_SYMBOLS];
extern const uint32_t huffman_offsets[HUFFMAN_OFFSETS];
extern const uint32_t huffman_orders[HUFFMAN_ORDERS];
