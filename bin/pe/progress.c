/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

static void print(const struct progress *p, const char *before, const char *after)
{
	fprintf(stderr, "%s%s: %s, %.1f s%s", before, p->subject, p->what,
		(double)(progress_now_ms() - p->began_ms) / 1000, after);
}

void progress_tick(void *ctx)
{
	static const char spinner[] = "|/-\\";
	struct progress *p = ctx;
	char before[8];

	if (!p->terminal || !p->what[0])
		return;
	snprintf(before, sizeof before, "\r%c ", spinner[p->turn++ % 4]);
	print(p, before, "");
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
	progress_tick(p);
}
