/* SPDX-License-Identifier: MIT */
/* Bytes that come in pieces, from wherever they come. */
#pragma once

#include <stdint.h>

#include "error.h"
#include "span.h"

struct stream {
	/*
	 * 1 with the next piece, at least one byte, which stays until the next call; 0 at the end;
	 * -errno with a message.
	 */
	int (*next)(void *ctx, struct span *ret, struct error *err);
	void *ctx;
	/* Passes over @n bytes that no piece has brought yet, cheaply; NULL when that cannot be
	 * done. What lies behind the end is told by the next piece. */
	void (*skip)(void *ctx, uint64_t n);
};
