/* SPDX-License-Identifier: MIT */
#include "huffman.h"

#include <errno.h>
#include <string.h>

/* Base and extra bits of an entry; the code's length is added when a table is made. */
#define RUN(base, extra) ((uint32_t)(base) << 16 | (extra))
#define BYTE(b)          (HUFFMAN_LITERAL | (uint32_t)(b) << 16)
#define BYTES4(b)        BYTE(b), BYTE((b) + 1), BYTE((b) + 2), BYTE((b) + 3)
#define BYTES16(b)       BYTES4(b), BYTES4((b) + 4), BYTES4((b) + 8), BYTES4((b) + 12)
#define BYTES64(b)       BYTES16(b), BYTES16((b) + 16), BYTES16((b) + 32), BYTES16((b) + 48)
#define BAD              (HUFFMAN_OTHER | HUFFMAN_BAD)

/* clang-format off */
const uint32_t huffman_symbols[HUFFMAN_SYMBOLS] = {
	BYTES64(0), BYTES64(64), BYTES64(128), BYTES64(192),
	HUFFMAN_OTHER | HUFFMAN_END,
	RUN(3, 0), RUN(4, 0), RUN(5, 0), RUN(6, 0), RUN(7, 0), RUN(8, 0), RUN(9, 0), RUN(10, 0),
	RUN(11, 1), RUN(13, 1), RUN(15, 1), RUN(17, 1), RUN(19, 2), RUN(23, 2), RUN(27, 2), RUN(31, 2),
	RUN(35, 3), RUN(43, 3), RUN(51, 3), RUN(59, 3), RUN(67, 4), RUN(83, 4), RUN(99, 4), RUN(115, 4),
	RUN(131, 5), RUN(163, 5), RUN(195, 5), RUN(227, 5), RUN(258, 0),
	BAD, BAD,
};

const uint32_t huffman_offsets[HUFFMAN_OFFSETS] = {
	RUN(1, 0), RUN(2, 0), RUN(3, 0), RUN(4, 0), RUN(5, 1), RUN(7, 1), RUN(9, 2), RUN(13, 2),
	RUN(17, 3), RUN(25, 3), RUN(33, 4), RUN(49, 4), RUN(65, 5), RUN(97, 5), RUN(129, 6), RUN(193, 6),
	RUN(257, 7), RUN(385, 7), RUN(513, 8), RUN(769, 8), RUN(1025, 9), RUN(1537, 9), RUN(2049, 10), RUN(3073, 10),
	RUN(4097, 11), RUN(6145, 11), RUN(8193, 12), RUN(12289, 12), RUN(16385, 13), RUN(24577, 13),
	BAD, BAD,
};

const uint32_t huffman_orders[HUFFMAN_ORDERS] = {
	RUN(0, 0), RUN(1, 0), RUN(2, 0), RUN(3, 0), RUN(4, 0), RUN(5, 0), RUN(6, 0), RUN(7, 0), RUN(8, 0), RUN(9, 0),
	RUN(10, 0), RUN(11, 0), RUN(12, 0), RUN(13, 0), RUN(14, 0), RUN(15, 0), RUN(16, 0), RUN(17, 0), RUN(18, 0),
};
/* clang-format on */

/* Symbols in the order of their codes: by length, then by number. */
struct code {
	uint16_t count[HUFFMAN_BITS_MAX + 1];
	uint16_t sorted[HUFFMAN_SYMBOLS];
	unsigned n;
};

static int sort(struct code *c, const uint8_t *lengths, unsigned n)
{
	uint16_t at[HUFFMAN_BITS_MAX + 2] = { 0 };
	int left = 1;

	memset(c->count, 0, sizeof c->count);
	for (unsigned i = 0; i < n; i++)
		c->count[lengths[i]]++;
	c->n = n - c->count[0];
	c->count[0] = 0;
	for (unsigned bits = 1; bits <= HUFFMAN_BITS_MAX; bits++) {
		left = 2 * left - c->count[bits];
		if (left < 0)
			return -EINVAL;
		at[bits + 1] = (uint16_t)(at[bits] + c->count[bits]);
	}
	for (unsigned i = 0; i < n; i++)
		if (lengths[i])
			c->sorted[at[lengths[i]]++] = (uint16_t)i;
	return left > 0 && !(c->n == 0 || (c->n == 1 && c->count[1] == 1)) ? -EINVAL : 0;
}

/* Codes are written with their highest bit first; here the first bit is the lowest. */
static unsigned reverse(unsigned code, unsigned bits)
{
	unsigned r = 0;

	for (; bits > 0; bits--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* Entry of a symbol whose code, as far as it is looked at here, has @bits. */
static uint32_t entry(uint32_t meaning, unsigned bits)
{
	if (meaning & (HUFFMAN_LITERAL | HUFFMAN_OTHER))
		return meaning | bits;
	return meaning + (bits << 8) + bits;
}

/* Bits that a table behind must have, whose first code has @bits and @drop of them are done with.
 */
static unsigned sub_bits(const struct code *c, unsigned bits, unsigned drop, unsigned seen)
{
	unsigned n = bits - drop;
	int left = (1 << n) - (c->count[bits] - (int)seen);

	while (left > 0 && n + drop < HUFFMAN_BITS_MAX) {
		n++;
		left = 2 * left - c->count[n + drop];
	}
	return n;
}

static void fill(uint32_t *table, unsigned size, unsigned from, unsigned bits, uint32_t e)
{
	for (unsigned i = from; i < size; i += 1u << bits)
		table[i] = e;
}

int huffman_make(uint32_t *table, unsigned primary, const uint8_t *lengths, unsigned n,
	const uint32_t *meanings)
{
	struct code c;
	unsigned code = 0, i = 0, size = 1u << primary, end = size;
	unsigned sub = 0, sub_n = 0, prefix = UINT32_MAX;

	if (sort(&c, lengths, n) < 0)
		return -EINVAL;
	if (c.n < 2)
		fill(table, size, 0, 0, HUFFMAN_OTHER | HUFFMAN_BAD);
	for (unsigned bits = 1; bits <= HUFFMAN_BITS_MAX; bits++, code <<= 1) {
		for (unsigned seen = 0; seen < c.count[bits]; seen++, i++, code++) {
			unsigned low = reverse(code, bits);
			uint32_t meaning = meanings[c.sorted[i]];

			if (bits <= primary) {
				fill(table, size, low, bits, entry(meaning, bits));
				continue;
			}
			if ((low & (size - 1)) != prefix) {
				prefix = low & (size - 1);
				sub = end;
				sub_n = sub_bits(&c, bits, primary, seen);
				end += 1u << sub_n;
				table[prefix] = sub << 16 | HUFFMAN_OTHER | sub_n << 8 | primary;
			}
			fill(table + sub, 1u << sub_n, low >> primary, bits - primary,
				entry(meaning, bits - primary));
		}
	}
	return 0;
}
