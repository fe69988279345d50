/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <errno.h>
#include <stdio.h>

int parse_u64(struct span s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return -ERANGE;
	}
	if (v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int parse_hex(struct span s, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0 || s.n > 16)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		int d = hex_digit(s.p[i]);
		if (d < 0)
			return -EINVAL;
		v = v << 4 | (uint64_t)d;
	}
	*ret = v;
	return 0;
}

/* The leading digits of *@s, which are dropped from it. */
static struct span cut_digits(struct span *s)
{
	size_t n = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;

	struct span digits = { s->p, n };
	*s = span_skip(*s, n);
	return digits;
}

int parse_size(struct span s, uint64_t *ret_bytes)
{
	static const struct {
		const char *text;
		unsigned shift;
	} units[] = {
		{ "", 0 },
		{ "b", 0 },
		{ "k", 10 },
		{ "kb", 10 },
		{ "kib", 10 },
		{ "m", 20 },
		{ "mb", 20 },
		{ "mib", 20 },
		{ "g", 30 },
		{ "gb", 30 },
		{ "gib", 30 },
	};
	struct span digits = cut_digits(&s);
	char unit[4] = "";
	uint64_t v;

	int r = parse_u64(digits, UINT64_MAX, &v);
	if (r < 0)
		return r;
	if (s.n >= sizeof unit)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++)
		unit[i] = (char)(s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] + 32 : s.p[i]);

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(units[i].text, unit) == 0) {
			if (__builtin_mul_overflow(v, (uint64_t)1 << units[i].shift, &v))
				return -ERANGE;
			*ret_bytes = v;
			return 0;
		}
	return -EINVAL;
}

/* ".25" as milliseconds; digits past the third are dropped. */
static uint64_t fraction_ms(struct span digits)
{
	uint64_t ms = 0;
	for (size_t i = 0; i < 3; i++)
		ms = ms * 10 + (i < digits.n ? (uint64_t)(digits.p[i] - '0') : 0);
	return ms;
}

static int unit_ms(struct span unit, uint64_t *ret)
{
	static const struct {
		const char *text;
		uint64_t ms;
	} units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "d", 24 * 60 * 60 * 1000 },
	};

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (span_equal(span_of(units[i].text), unit)) {
			*ret = units[i].ms;
			return 0;
		}
	return -EINVAL;
}

int parse_duration_ms(struct span s, uint64_t *ret_ms)
{
	struct span whole = cut_digits(&s), fraction = { NULL, 0 };
	uint64_t v, scale;

	int r = parse_u64(whole, UINT64_MAX, &v);
	if (r < 0)
		return r;
	if (s.n > 0 && s.p[0] == '.') {
		s = span_skip(s, 1);
		fraction = cut_digits(&s);
		if (fraction.n == 0)
			return -EINVAL;
	}

	r = unit_ms(s, &scale);
	if (r < 0 || (fraction.n > 0 && scale != 1000))
		return -EINVAL;

	if (__builtin_mul_overflow(v, scale, &v) ||
		__builtin_add_overflow(v, fraction_ms(fraction), &v))
		return -ERANGE;
	*ret_ms = v;
	return 0;
}

char *format_size(char *buf, size_t n, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes;
	size_t i = 0;

	for (; v >= 1024 && i + 1 < sizeof units / sizeof *units; i++)
		v /= 1024;
	snprintf(buf, n, v < 10 && i > 0 ? "%.1f %s" : "%.0f %s", v, units[i]);
	return buf;
}
