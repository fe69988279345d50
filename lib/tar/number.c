/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <errno.h>

/* Big-endian two's complement of all bits but the first, which only marks it (GNU tar). */
static int read_base256(struct span f, int64_t *ret)
{
	const unsigned char *p = (const unsigned char *)f.p;
	bool negative = p[0] & 0x40;
	uint64_t v = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < f.n; i++) {
		unsigned byte = i > 0 ? p[i] : (p[0] & 0x7fu) | (negative ? 0x80u : 0);

		if ((v >> 55) != (negative ? 0x1ffu : 0))
			return -ERANGE;
		v = v << 8 | byte;
	}
	*ret = (int64_t)v;
	return 0;
}

int tar_number(struct span f, int64_t *ret)
{
	uint64_t v = 0;

	if (f.n > 0 && (f.p[0] & 0x80))
		return read_base256(f, ret);
	while (f.n > 0 && (*f.p == ' ' || *f.p == '\0'))
		f = span_skip(f, 1);
	for (; f.n > 0 && *f.p >= '0' && *f.p <= '7'; f = span_skip(f, 1)) {
		if (v >> 60)
			return -ERANGE;
		v = v << 3 | (uint64_t)(*f.p - '0');
	}
	for (; f.n > 0; f = span_skip(f, 1)) {
		if (*f.p == '\0')
			break;
		if (*f.p != ' ')
			return -EINVAL;
	}
	*ret = (int64_t)v;
	return 0;
}

int tar_time(struct span s, int64_t *ret, uint32_t *ret_ns)
{
	bool negative = s.n > 0 && *s.p == '-';
	uint64_t v = 0;
	uint32_t ns = 0, unit = 100000000;

	s = span_skip(s, negative);
	if (s.n == 0 || *s.p < '0' || *s.p > '9')
		return -EINVAL;
	for (; s.n > 0 && *s.p >= '0' && *s.p <= '9'; s = span_skip(s, 1)) {
		v = v * 10 + (uint64_t)(*s.p - '0');
		if (v > (uint64_t)1 << 60)
			return -ERANGE;
	}
	if (s.n > 0 && *s.p != '.')
		return -EINVAL;
	for (s = span_skip(s, 1); s.n > 0; s = span_skip(s, 1), unit /= 10) {
		if (*s.p < '0' || *s.p > '9')
			return -EINVAL;
		ns += (uint32_t)(*s.p - '0') * unit;
	}
	*ret = negative ? -(int64_t)v : (int64_t)v;
	/* -1.25 is 0.75 after -2. */
	if (negative && ns > 0) {
		*ret -= 1;
		ns = 1000000000 - ns;
	}
	*ret_ns = ns;
	return 0;
}
