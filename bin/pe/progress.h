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
	int64_t shown_ms;     /* when it was last drawn */
	uint64_t done, total; /* bytes, as far as they were told; total 0: unknown */
};

void progress_init(struct progress *p, const char *subject);

/* In all three @ctx is a struct progress: they are called back. */
void progress_phase(void *ctx, const char *what);
void progress_tick(void *ctx);
void progress_bytes(void *ctx, uint64_t done, uint64_t total);

/* Ends the line of the phase; with @ok it is told as done. */
void progress_end(struct progress *p, bool ok);

/* Milliseconds of the monotonic clock. */
int64_t progress_now_ms(void);
