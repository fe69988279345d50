/* SPDX-License-Identifier: MIT */
/* The clerk: a thread that does what would hold up the HTTP thread: waits for a disk, reads a large
 * order, writes a large answer. One chore at a time, in order. */
#pragma once

#include "base/error.h"
#include "http/http.h"

struct clerk;

struct chore {
	struct http_mail mail; /* first */
	struct chore *next;
	void (*work)(struct chore *c); /* in the clerk's thread */
	void (*done)(
		void *ctx, struct chore *c); /* in the HTTP thread, with the handler's context */
};

int clerk_start(struct http_server *http, struct clerk **ret, struct error *err);

/* Borrows @c until its done() was called. */
void clerk_give(struct clerk *k, struct chore *c);

/* Ends after what it was given; done() of that may not be called any more. NULL is fine. */
void clerk_end(struct clerk *k);
