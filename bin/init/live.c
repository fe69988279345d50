/* SPDX-License-Identifier: MIT */
/* Shows the host what the program has written so far, when somebody watches (bundle/live.h). */
#include "program.h"

#include <string.h>

#include "bundle/live.h"
#include "sys/io.h"

enum { PERIOD_US = 20000 };

static uint64_t shown[2], last_us;
static char *block; /* the counters' */

static uint64_t down(uint64_t n)
{
	return n & ~(uint64_t)(BUNDLE_BLOCK - 1);
}

static int show(int i)
{
	const struct span *s = &guest.captured[i];
	uint64_t from = down(shown[i]), upto = down(s->n + BUNDLE_BLOCK - 1);
	uint64_t at = guest.config.bundle_bytes + live_offset_of(i, guest.config.output_bytes);

	if (shown[i] == s->n)
		return 0;
	shown[i] = s->n;
	return io_pwrite(guest.output_disk_fd, s->p + from, upto - from, (off_t)(at + from));
}

int live_show(uint64_t now_us)
{
	struct live_counters counters;

	if (!guest.config.live)
		return -1;
	if (shown[0] == guest.captured[0].n && shown[1] == guest.captured[1].n)
		return -1;
	if (last_us && now_us < last_us + PERIOD_US)
		return (int)((last_us + PERIOD_US - now_us) / 1000 + 1);
	last_us = now_us;
	if (!block)
		block = memory_get(BUNDLE_BLOCK);

	/* The disk that cannot be written now will not take the bundle either; that says so. */
	for (int i = 0; i < 2; i++) {
		if (show(i) < 0)
			return -1;
		counters.bytes[i] = shown[i];
	}
	memcpy(block, &counters, sizeof counters);
	io_pwrite(guest.output_disk_fd, block, BUNDLE_BLOCK, (off_t)guest.config.bundle_bytes);
	return -1;
}
