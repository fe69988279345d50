/* SPDX-License-Identifier: MIT */
/*
 * Clones in cgroups of their own. A move between groups waits for every CPU of the host, so it is
 * made by a thread that has time; a clone that has ended by then needs none. The groups of the dead
 * are removed whenever that thread comes by.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "jail/cgroup.h"

struct enclosed {
	struct enclosed *next;
	int pidfd, pid; /* a duplicate of the clone's */
	struct cgroup cgroup;
};

struct enclosure {
	struct enclosed *wanted; /* under the owner's lock */
	struct enclosed *inside; /* the thread's alone */
};

/* Asks for @pid to be moved; best effort. Under the owner's lock. */
void enclosure_add(struct enclosure *e, int pidfd, int pid, uint64_t memory_bytes, uint64_t tasks);

/* What was asked for so far. Under the owner's lock. */
struct enclosed *enclosure_take(struct enclosure *e);

/* Moves what enclosure_take() gave, forgets who is dead. Without the lock. */
void enclosure_work(struct enclosure *e, struct enclosed *wanted);

/* All of them must have been killed. */
void enclosure_done(struct enclosure *e);
