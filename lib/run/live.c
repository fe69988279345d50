/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <errno.h>
#include <sys/mman.h>

#include "bundle/live.h"

enum { PIECE = 32768 };

int live_open(struct live *l, int fd, uint64_t offset, uint64_t output_bytes, struct error *err)
{
	size_t n = (size_t)live_size(output_bytes);
	void *p = mmap(NULL, n, PROT_READ, MAP_SHARED, fd, (off_t)offset);

	if (p == MAP_FAILED)
		return fail(err, -errno, "map the running program's output");
	*l = (struct live){ .map = { p, n }, .limit = output_bytes };
	return 0;
}

static void follow(struct live *l, int stream, uint64_t upto,
	void (*output)(void *ctx, int stream, struct span bytes), void *ctx)
{
	const char *from = l->map.p + live_offset_of(stream, l->limit);
	uint64_t room = l->limit - l->seen[!stream];
	char piece[PIECE];

	if (upto > room)
		upto = room;
	while (l->seen[stream] < upto) {
		uint64_t n = upto - l->seen[stream];

		if (n > sizeof piece)
			n = sizeof piece;
		memcpy(piece, from + l->seen[stream], n);
		l->seen[stream] += n;
		output(ctx, stream, (struct span){ piece, n });
	}
}

void live_poll(struct live *l, void (*output)(void *ctx, int stream, struct span bytes), void *ctx)
{
	const struct live_counters *counters = (const struct live_counters *)(const void *)l->map.p;

	for (int i = 0; i < 2; i++)
		follow(l, i, __atomic_load_n(&counters->bytes[i], __ATOMIC_ACQUIRE), output, ctx);
}

void live_finish(struct live *l, struct span out, struct span err,
	void (*output)(void *ctx, int stream, struct span bytes), void *ctx)
{
	const struct span whole[] = { out, err };

	for (int i = 0; i < 2; i++)
		for (struct span rest = span_skip(whole[i], l->seen[i]); rest.n > 0;) {
			struct span piece = { rest.p, rest.n < PIECE ? rest.n : PIECE };

			output(ctx, i, piece);
			rest = span_skip(rest, piece.n);
		}
}

void live_close(struct live *l)
{
	if (l->map.n > 0)
		munmap((void *)(uintptr_t)l->map.p, l->map.n);
	l->map.n = 0;
}
