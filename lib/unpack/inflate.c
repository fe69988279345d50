/* SPDX-License-Identifier: MIT */
#include "inflate.h"

#include <errno.h>
#include <string.h>

enum {
	LIMIT = INFLATE_WINDOW + INFLATE_OUT,
	AHEAD = 24, /* bytes of input that one step of the fast loop may look at */
};

/* The reader's registers, while it runs. */
struct reader {
	const uint8_t *in, *end;
	uint64_t bits;
	unsigned n;
};

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* At least 56 bits, of at least 8 bytes of input. What is above n is what the next bytes say too.
 */
static inline void refill(struct reader *r)
{
	r->bits |= load64(r->in) << r->n;
	r->in += (63 - r->n) >> 3;
	r->n |= 56;
}

/* The same of what there is. */
static void refill_slowly(struct reader *r)
{
	if (r->end - r->in >= 8) {
		refill(r);
		return;
	}
	for (; r->n < 56 && r->in < r->end; r->n += 8)
		r->bits |= (uint64_t)*r->in++ << r->n;
}

static inline void drop(struct reader *r, unsigned n)
{
	r->bits >>= n;
	r->n -= n;
}

static inline uint32_t mask(unsigned n)
{
	return (1u << n) - 1;
}

void inflate_begin(struct inflate *s)
{
	s->state = INFLATE_HEADER;
	s->last = false;
	s->bits = 0;
	s->n_bits = 0;
	s->begin = s->pos;
}

bool inflate_is_full(const struct inflate *s)
{
	return s->pos >= LIMIT;
}

void inflate_make_room(struct inflate *s)
{
	size_t keep = s->pos - s->begin < INFLATE_WINDOW ? s->pos - s->begin : INFLATE_WINDOW;

	memmove(s->out, s->out + s->pos - keep, keep);
	s->begin = 0;
	s->pos = keep;
}

/* Copies @n bytes from @offset before @o; may write some more behind them. */
static inline void copy_match(uint8_t *o, uint32_t offset, uint32_t n)
{
	const uint8_t *from = o - offset;

	if (offset >= 8) {
		const uint8_t *end = o + n;

		do {
			memcpy(o, from, 8);
			o += 8;
			from += 8;
		} while (o < end);
	} else if (offset == 1) {
		memset(o, *from, n);
	} else {
		while (n-- > 0)
			*o++ = *from++;
	}
}

/* The symbol that the bits at hand are, its entry's own bits dropped. @table has @primary bits. */
static inline uint32_t look_up(
	struct reader *r, const uint32_t *table, unsigned primary, uint64_t *ret_saved)
{
	uint32_t e = table[r->bits & mask(primary)];

	if ((e & (HUFFMAN_LITERAL | HUFFMAN_OTHER | HUFFMAN_END | HUFFMAN_BAD)) == HUFFMAN_OTHER) {
		drop(r, e & 0xff);
		e = table[(e >> 16) + (r->bits & mask(e >> 8 & 0x1f))];
	}
	*ret_saved = r->bits;
	drop(r, e & 0xff);
	return e;
}

/* Base and extra bits; the bits before they were dropped are @saved. */
static inline uint32_t value_of(uint32_t e, uint64_t saved)
{
	unsigned code = e >> 8 & 0x1f, all = e & 0xff;

	return (e >> 16 & 0x7fff) + ((uint32_t)(saved >> code) & mask(all - code));
}

/*
 * As long as there is input and room enough not to look at their ends at each symbol. 1 at the end
 * of the block, 0 when one of them is short.
 */
static int run_fast(struct inflate *s, struct reader *reader)
{
	struct reader r = *reader;
	uint8_t *o = s->out + s->pos;
	const uint8_t *begin = s->out + s->begin, *limit = s->out + LIMIT;
	int result = 0;

	while (r.end - r.in >= AHEAD && o < limit) {
		uint64_t saved;

		refill(&r);
		uint32_t e = s->symbols[r.bits & mask(HUFFMAN_SYMBOL_BITS)];
		/* Two literals of the first table and a length have room in 56 bits. */
		for (int i = 0; i < 2 && (e & HUFFMAN_LITERAL); i++) {
			drop(&r, e & 0xff);
			*o++ = (uint8_t)(e >> 16);
			e = s->symbols[r.bits & mask(HUFFMAN_SYMBOL_BITS)];
		}
		e = look_up(&r, s->symbols, HUFFMAN_SYMBOL_BITS, &saved);
		if (e & HUFFMAN_LITERAL) {
			*o++ = (uint8_t)(e >> 16);
			continue;
		}
		if (e & HUFFMAN_OTHER) {
			result = e & HUFFMAN_END ? 1 : -EPROTO;
			break;
		}
		uint32_t n = value_of(e, saved);

		refill(&r);
		e = look_up(&r, s->offsets, HUFFMAN_OFFSET_BITS, &saved);
		uint32_t offset = value_of(e, saved);
		if ((e & HUFFMAN_OTHER) || offset > (size_t)(o - begin)) {
			result = -EPROTO;
			break;
		}
		copy_match(o, offset, n);
		o += n;
	}
	s->pos = (size_t)(o - s->out);
	*reader = r;
	return result;
}

/* One symbol with an eye on the end of the input. 1 at the end of the block, -EAGAIN when it is not
 * all there. */
static int run_one(struct inflate *s, struct reader *r)
{
	struct reader before = *r;
	uint8_t *o = s->out + s->pos;
	uint64_t saved;

	refill_slowly(r);
	unsigned have = r->n;
	uint32_t e = look_up(r, s->symbols, HUFFMAN_SYMBOL_BITS, &saved);
	/* Dropping more than there are bits wraps around. */
	if (r->n > have) {
		*r = before;
		return -EAGAIN;
	}
	if (e & HUFFMAN_LITERAL) {
		*o = (uint8_t)(e >> 16);
		s->pos++;
		return 0;
	}
	if (e & HUFFMAN_OTHER)
		return e & HUFFMAN_END ? 1 : -EPROTO;
	uint32_t n = value_of(e, saved);

	refill_slowly(r);
	have = r->n;
	e = look_up(r, s->offsets, HUFFMAN_OFFSET_BITS, &saved);
	if (r->n > have) {
		*r = before;
		return -EAGAIN;
	}
	uint32_t offset = value_of(e, saved);
	if ((e & HUFFMAN_OTHER) || offset > s->pos - s->begin)
		return -EPROTO;
	copy_match(o, offset, n);
	s->pos += n;
	return 0;
}

static int run_codes(struct inflate *s, struct reader *r)
{
	while (!inflate_is_full(s)) {
		int e = run_fast(s, r);
		if (e == 0 && !inflate_is_full(s))
			e = run_one(s, r);
		if (e != 0)
			return e;
	}
	return -EAGAIN;
}

static int run_stored(struct inflate *s, struct reader *r)
{
	while (s->stored > 0 && !inflate_is_full(s)) {
		size_t n = s->stored, there = (size_t)(r->end - r->in), room = LIMIT - s->pos;

		n = n < there ? n : there;
		n = n < room ? n : room;
		if (n == 0)
			return -EAGAIN;
		memcpy(s->out + s->pos, r->in, n);
		r->in += n;
		s->pos += n;
		s->stored -= (uint32_t)n;
	}
	return s->stored > 0 ? -EAGAIN : 1;
}

/* @n bits, at most 16, or -EAGAIN. */
static int take(struct reader *r, unsigned n)
{
	if (r->n < n)
		refill_slowly(r);
	if (r->n < n)
		return -EAGAIN;
	int v = (int)(r->bits & mask(n));
	drop(r, n);
	return v;
}

/* Whole bytes that were read ahead go back: so between calls there is less than one in `bits`, and
 * what goes back in one call was read in it. */
static void unread(struct reader *r)
{
	r->in -= r->n >> 3;
	r->n &= 7;
	r->bits &= mask(r->n);
}

/* To the next whole byte. */
static void align(struct reader *r)
{
	unread(r);
	r->n = 0;
	r->bits = 0;
}

static int read_stored(struct inflate *s, struct reader *r)
{
	align(r);
	int n = take(r, 16), inverse = n < 0 ? n : take(r, 16);
	if (inverse < 0)
		return inverse;
	if ((n ^ inverse) != 0xffff)
		return -EPROTO;
	align(r);
	s->stored = (uint32_t)n;
	s->state = INFLATE_STORED;
	return 0;
}

static int make_codes(struct inflate *s, const uint8_t *lengths, unsigned symbols, unsigned offsets)
{
	if (huffman_make(s->symbols, HUFFMAN_SYMBOL_BITS, lengths, symbols, huffman_symbols) < 0 ||
		huffman_make(s->offsets, HUFFMAN_OFFSET_BITS, lengths + symbols, offsets,
			huffman_offsets) < 0)
		return -EPROTO;
	s->state = INFLATE_CODES;
	return 0;
}

static int read_fixed(struct inflate *s)
{
	uint8_t lengths[HUFFMAN_SYMBOLS + HUFFMAN_OFFSETS];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 256 - 144);
	memset(lengths + 256, 7, 280 - 256);
	memset(lengths + 280, 8, 288 - 280);
	memset(lengths + 288, 5, HUFFMAN_OFFSETS);
	return make_codes(s, lengths, HUFFMAN_SYMBOLS, HUFFMAN_OFFSETS);
}

/* How lengths 16 to 18 repeat: what, at least how often, and how many bits say how much oftener. */
static const struct {
	uint8_t least, bits;
} repeats[] = { { 3, 2 }, { 3, 3 }, { 11, 7 } };

static int read_lengths(struct reader *r, const uint32_t *orders, uint8_t *lengths, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		uint64_t saved;

		refill_slowly(r);
		unsigned have = r->n;
		uint32_t e = look_up(r, orders, HUFFMAN_ORDER_BITS, &saved);
		if (r->n > have)
			return -EAGAIN;
		if (e & HUFFMAN_OTHER)
			return -EPROTO;
		unsigned order = e >> 16;
		if (order < 16) {
			lengths[i++] = (uint8_t)order;
			continue;
		}
		int more = take(r, repeats[order - 16].bits);
		if (more < 0)
			return more;
		unsigned times = repeats[order - 16].least + (unsigned)more;
		if ((order == 16 && i == 0) || times > n - i)
			return -EPROTO;
		memset(lengths + i, order == 16 ? lengths[i - 1] : 0, times);
		i += times;
	}
	return 0;
}

static int read_dynamic(struct inflate *s, struct reader *r)
{
	static const uint8_t order[HUFFMAN_ORDERS] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12,
		3, 13, 2, 14, 1, 15 };
	uint8_t lengths[HUFFMAN_SYMBOLS + HUFFMAN_OFFSETS] = { 0 };
	uint32_t orders[1 << HUFFMAN_ORDER_BITS];

	int symbols = take(r, 5), offsets = symbols < 0 ? symbols : take(r, 5);
	int n = offsets < 0 ? offsets : take(r, 4);
	if (n < 0)
		return n;
	symbols += 257;
	offsets += 1;
	if (symbols > 286 || offsets > 30)
		return -EPROTO;
	for (int i = 0; i < n + 4; i++) {
		int bits = take(r, 3);
		if (bits < 0)
			return bits;
		lengths[order[i]] = (uint8_t)bits;
	}
	if (huffman_make(orders, HUFFMAN_ORDER_BITS, lengths, HUFFMAN_ORDERS, huffman_orders) < 0)
		return -EPROTO;
	int e = read_lengths(r, orders, lengths, (unsigned)(symbols + offsets));
	if (e < 0)
		return e;
	/* Without an end the block would have none. */
	return lengths[256] ? make_codes(s, lengths, (unsigned)symbols, (unsigned)offsets)
			    : -EPROTO;
}

/* Begun again when it is not all there. */
static int read_header(struct inflate *s, struct reader *r)
{
	struct reader before = *r;
	int last = take(r, 1), type = last < 0 ? last : take(r, 2);
	int e = type;

	if (type == 0)
		e = read_stored(s, r);
	else if (type == 1)
		e = read_fixed(s);
	else if (type == 2)
		e = read_dynamic(s, r);
	else if (type == 3)
		e = -EPROTO;
	if (e == -EAGAIN)
		*r = before;
	s->last = e == 0 ? last : s->last;
	return e;
}

int inflate_some(struct inflate *s, const uint8_t **in, const uint8_t *end)
{
	struct reader r = { *in, end, s->bits, s->n_bits };
	int e = 0;

	while (e == 0 && s->state != INFLATE_END) {
		if (s->state == INFLATE_HEADER) {
			e = read_header(s, &r);
			continue;
		}
		e = s->state == INFLATE_STORED ? run_stored(s, &r) : run_codes(s, &r);
		if (e == 1) {
			s->state = s->last ? INFLATE_END : INFLATE_HEADER;
			e = 0;
		}
	}
	if (s->state == INFLATE_END)
		align(&r);
	unread(&r);
	*in = r.in;
	s->bits = r.bits;
	s->n_bits = r.n;
	if (e < 0)
		return e == -EAGAIN ? 0 : e;
	return 1;
}
