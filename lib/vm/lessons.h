/* SPDX-License-Identifier: MIT */
/* Which images' reads are known well enough, and which are to be watched. Not thread-safe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "profile.h"

struct lesson;

struct lessons {
	char *dir; /* where profiles are kept; NULL: nothing is learnt */
	struct lesson *first;
};

int lessons_open(struct lessons *l, const char *dir);
void lessons_done(struct lessons *l);

/* Whether something is known of @digest. */
bool lessons_known(struct lessons *l, const char *digest);

/* Whether the next run of @digest should say what it reads. True for one caller at a time. */
bool lessons_curious(struct lessons *l, const char *digest);

/* A run's list. *@ret_more: it had pages or names that were not known. -EPROTO for a damaged
 * one. */
int lessons_learn(struct lessons *l, const char *digest, struct span list, bool *ret_more);

/* A clone had to read @bytes of the image from disk. */
void lessons_missed(struct lessons *l, const char *digest, uint64_t bytes);
