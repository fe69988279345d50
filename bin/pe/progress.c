/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"

enum {
	REDRAW_MS = 100,
};

int64_t progress_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_init(struct progress *p, const char *subject)
{
	*p = (struct progress){ .subject = subject, .terminal = isatty(STDERR_FILENO) == 1 };
}

static double seconds(const struct progress *p)
{
	return (double)(progress_now_ms() - p->began_ms) / 1000;
}

/* "12.0 MiB of 30 MiB, 40%, 5.0 MiB/s", or less when less is known. */
static void print_bytes(const struct progress *p)
{
	char done[32], total[32], rate[32];
	double s = seconds(p);

	if (p->done == 0)
		return;
	fprintf(stderr, ", %s", format_size(done, sizeof done, p->done));
	if (p->total >= p->done)
		fprintf(stderr, " of %s, %d%%", format_size(total, sizeof total, p->total),
			(int)(p->done * 100 / p->total));
	if (s >= 0.1)
		fprintf(stderr, ", %s/s",
			format_size(rate, sizeof rate, (uint64_t)((double)p->done / s)));
}

static void print(const struct progress *p, const char *before, const char *after)
{
	fprintf(stderr, "%s%s: %s", before, p->subject, p->what);
	print_bytes(p);
	fprintf(stderr, ", %.1f s%s", seconds(p), after);
}

void progress_tick(void *ctx)
{
	static const char spinner[] = "|/-\\";
	struct progress *p = ctx;
	char before[8];

	if (!p->terminal || !p->what[0])
		return;
	p->shown_ms = progress_now_ms();
	snprintf(before, sizeof before, "\r%c ", spinner[p->turn++ % 4]);
	print(p, before, "\033[K");
}

void progress_bytes(void *ctx, uint64_t done, uint64_t total)
{
	struct progress *p = ctx;

	p->done = done;
	p->total = total;
	if (p->terminal && progress_now_ms() - p->shown_ms >= REDRAW_MS)
		progress_tick(p);
}

void progress_end(struct progress *p, bool ok)
{
	if (!p->what[0])
		return;
	if (ok)
		print(p, p->terminal ? "\r\033[K" : "", "\n");
	else if (p->terminal)
		fputs("\r\033[K", stderr);
	p->what[0] = '\0';
}

void progress_phase(void *ctx, const char *what)
{
	struct progress *p = ctx;

	progress_end(p, true);
	snprintf(p->what, sizeof p->what, "%s", what);
	p->began_ms = progress_now_ms();
	p->done = p->total = 0;
	progress_tick(p);
}
