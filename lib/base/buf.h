/* SPDX-License-Identifier: MIT */
/* Bytes that grow at the end. */
#pragma once

#include <stddef.h>

#include "cleanup.h"
#include "span.h"

struct buf {
	char *p;
	size_t n, room;
};

/* All return -ENOMEM and leave the bytes as they were. */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_done(struct buf *b);

static inline struct span buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

#define cleanup_buf cleanup(buf_done)
