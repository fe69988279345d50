/* SPDX-License-Identifier: MIT */
/* Follows the output of a running program on its output disk (bundle/live.h). */
#pragma once

#include "base/error.h"
#include "base/span.h"

#include <stdint.h>

struct live {
	struct span map;
	uint64_t limit; /* of both streams together */
	uint64_t seen[2];
};

/* @fd: the output disk, with the live area at @offset for a limit of @output_bytes. */
int live_open(struct live *l, int fd, uint64_t offset, uint64_t output_bytes, struct error *err);

/*
 * Calls @output with what is new of stdout (0) and stderr (1), in pieces, copied out of the guest's
 * reach. Never gives more than the limit in all, whatever the guest writes.
 */
void live_poll(struct live *l, void (*output)(void *ctx, int stream, struct span bytes), void *ctx);

/* What of the whole output, @out and @err, was not given yet. */
void live_finish(struct live *l, struct span out, struct span err,
	void (*output)(void *ctx, int stream, struct span bytes), void *ctx);

void live_close(struct live *l);
