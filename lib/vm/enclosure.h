/* SPDX-License-Identifier: MIT */
/*
 * Clones in cgroups of their own. A move between groups waits for every CPU of the host, so it is
 * made by a thread that has time, and only once a clone has had its job for a while, which whoever
 * waits for it says: most have ended by then and need none. Until then the limits on the process
 * itself hold. While a process is moved none on the host can be started: so there are pauses
 * between moves. The groups of the dead are removed whenever that thread comes by.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "jail/cgroup.h"

enum { ENCLOSURE_AFTER_MS = 25 /* from then on */, ENCLOSURE_PAUSE_MS = 10 };

struct enclosed {
	struct enclosed *next;
	uint64_t due_ms;
	int pidfd, pid; /* a duplicate of the clone's */
	struct cgroup cgroup;
};

struct enclosure {
	struct enclosed *wanted, *last; /* the first one asked for, and the latest */
	uint64_t rest_ms;               /* no move before; all this under the owner's lock */
	struct enclosed *inside;        /* the thread's alone */
};

/* Asks for @pid to be moved at @due_ms; best effort. Under the owner's lock. */
void enclosure_add(struct enclosure *e, int pidfd, int pid, uint64_t memory_bytes, uint64_t tasks,
	uint64_t due_ms);

/* One that is due, or NULL. *@ret_next_ms: when to ask again, 0 for never. Under the owner's lock.
 */
struct enclosed *enclosure_take(struct enclosure *e, uint64_t now_ms, uint64_t *ret_next_ms);

/* Moves @c, which enclosure_take() gave and may be NULL; forgets who is dead. Without the lock. */
void enclosure_work(struct enclosure *e, struct enclosed *c);

/* All of them must have been killed. */
void enclosure_done(struct enclosure *e);
