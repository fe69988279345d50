/* SPDX-License-Identifier: MIT */
/*
 * Clones in cgroups of their own. A move between groups waits for every CPU of the host, so it is
 * made by a thread that has time, and only once a clone has run for a while: most have ended by
 * then and need none. Until then the limits on the process itself hold. Clones that wait for a job
 * are moved at once. The groups of the dead are removed whenever that thread comes by.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "jail/cgroup.h"

enum { ENCLOSURE_AFTER_MS = 25 };

struct enclosed {
	struct enclosed *next;
	uint64_t due_ms;
	int pidfd, pid; /* a duplicate of the clone's */
	struct cgroup cgroup;
};

struct enclosure {
	struct enclosed *wanted; /* the latest first; under the owner's lock */
	struct enclosed *inside; /* the thread's alone */
};

/* Asks for @pid to be moved at @due_ms; best effort. Under the owner's lock. */
void enclosure_add(struct enclosure *e, int pidfd, int pid, uint64_t memory_bytes, uint64_t tasks,
	uint64_t due_ms);

/* What is due. *@ret_next_ms: when there will be more, 0 for never. Under the owner's lock. */
struct enclosed *enclosure_take(struct enclosure *e, uint64_t now_ms, uint64_t *ret_next_ms);

/* Moves what enclosure_take() gave, forgets who is dead. Without the lock. */
void enclosure_work(struct enclosure *e, struct enclosed *wanted);

/* All of them must have been killed. */
void enclosure_done(struct enclosure *e);
