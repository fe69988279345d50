/* SPDX-License-Identifier: MIT */
/*
 * How fast gzip is undone: zlib, isa-l, and libdeflate (which needs all of it in memory), in turn,
 * processor time.
 *
 *   gcc -O2 -std=gnu17 -D_GNU_SOURCE -o /tmp/inflate bench/inflate.c -lz -lisal -ldeflate
 *   /tmp/inflate FILE.gz
 */
#include <isa-l.h>
#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { ROUNDS = 5, PIECE = 256 << 10 };

static unsigned char *in, *whole, piece[PIECE];
static size_t in_n, whole_n;

static size_t with_zlib(void)
{
	z_stream z = { .next_in = in, .avail_in = (unsigned)in_n };
	size_t sum = 0;
	int r;

	inflateInit2(&z, 15 + 16);
	do {
		z.next_out = piece;
		z.avail_out = PIECE;
		r = inflate(&z, Z_NO_FLUSH);
		sum += PIECE - z.avail_out;
	} while (r == Z_OK);
	inflateEnd(&z);
	return sum;
}

static size_t with_isal(void)
{
	static struct inflate_state s;
	size_t sum = 0;

	isal_inflate_init(&s);
	s.crc_flag = ISAL_GZIP;
	s.next_in = in;
	s.avail_in = (unsigned)in_n;
	do {
		s.next_out = piece;
		s.avail_out = PIECE;
		if (isal_inflate(&s) != ISAL_DECOMP_OK)
			return 0;
		sum += PIECE - s.avail_out;
	} while (s.block_state != ISAL_BLOCK_FINISH);
	return sum;
}

static size_t with_libdeflate(void)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	size_t got = 0;

	libdeflate_gzip_decompress(d, in, in_n, whole, whole_n, &got);
	libdeflate_free_decompressor(d);
	return got;
}

static const struct {
	const char *name;
	size_t (*undo)(void);
} ways[] = {
	{ "zlib", with_zlib },
	{ "isa-l", with_isal },
	{ "libdeflate", with_libdeflate },
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!f || fseek(f, 0, SEEK_END) < 0) {
		fprintf(stderr, "usage: inflate FILE.gz (of one member)\n");
		return 2;
	}
	in_n = (size_t)ftell(f);
	rewind(f);
	in = malloc(in_n + 8);
	if (!in || fread(in, 1, in_n, f) != in_n)
		return 1;
	whole_n = with_zlib();
	whole = calloc(1, whole_n);
	if (!whole)
		return 1;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
			double begin = now();
			size_t n = ways[i].undo();

			if (n != whole_n)
				return 1;
			printf("%s %.0f MiB/s%s", ways[i].name,
				(double)n / (now() - begin) / (1 << 20),
				i + 1 < sizeof ways / sizeof *ways ? ", " : "\n");
		}
	}
	return 0;
}
