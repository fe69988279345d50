/* SPDX-License-Identifier: MIT */
/* One line a phase of long work, to standard error; on a terminal it moves while the work goes on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *subject; /* what the work is about; borrowed */
	char what[64];       /* the phase; "" between phases */
	int64_t began_ms;
	bool terminal;
	unsigned int turn;
};

void progress_init(struct progress *p, const char *subject);

/* In both @ctx is a struct progress: they are called back. */
void progress_phase(void *ctx, const char *what);
void progress_tick(void *ctx);

/* Ends the line of the phase; with @ok it is told as done. */
void progress_end(struct progress *p, bool ok);

/* Milliseconds of the monotonic clock. */
int64_t progress_now_ms(void);
