/* SPDX-License-Identifier: MIT */
/*
 * A finished run as it is kept and handed around: an outcome and two runs of bytes, which mean
 * something to whoever made them (the service: what it answers). Never changes, counts its owners,
 * goes with the last.
 *
 * Threads: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "job/result.h"
#include "key/key.h"

enum { ENTRY_ETAG_SIZE = 35 }; /* 32 hexadecimal digits in quotes, and NUL */

struct entry {
	char key[KEY_SIZE];
	char etag[ENTRY_ETAG_SIZE]; /* as HTTP has it, quotes and all; of the contents */
	enum result_outcome outcome;
	int64_t created_s; /* since the epoch */
	struct span head, body;
	struct span record; /* all of it as it is stored, see record.h */
	/* Where the time of the run went that made it: for a log, not stored. Zeros when it was
	 * read from a record, or no VM ran. */
	uint64_t start_us, program_us, finish_us;
};

/* Copies @head and @body, with one owner. NULL without memory, or when a part has more than a GiB.
 */
struct entry *entry_new(const char *key, enum result_outcome outcome, int64_t created_s,
	struct span head, struct span body);

/* The same from a stored record, which is copied. -EBADMSG when it is damaged. */
int entry_read(const char *key, struct span record, struct entry **ret);

struct entry *entry_ref(struct entry *e);
void entry_unref(struct entry *e); /* NULL is fine */
void entry_unrefp(struct entry **e);
