/* SPDX-License-Identifier: MIT */
/*
 * The host's cgroups around a jail, where there are any that we may write: a bound on memory and
 * tasks that holds for all processes of the jail together. Everything here is best effort: a host
 * without them is told of by jail_probe(), the other layers hold without.
 *
 * Version 2: the jail is born into its group, which costs nothing. Version 1 knows no such birth,
 * and a move waits for every CPU (5 to 15 ms): it is made while the guest kernel boots, see
 * cgroup_enclose().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cgroup {
	char paths[2][256]; /* to be removed; "" for none */
	int birth_fd;       /* version 2: for clone3(CLONE_INTO_CGROUP); else -1 */
	uint64_t memory_bytes, tasks;
	int owner;       /* thread whose group it is, for who finds it without one */
	unsigned number; /* which of its groups */
};

/* Says what will be allowed; makes nothing yet. */
void cgroup_init(struct cgroup *c, uint64_t memory_bytes, uint64_t tasks);

/* Finds out what there is; on version 2 makes the group. */
void cgroup_open(struct cgroup *c, uint64_t memory_bytes, uint64_t tasks);

/* Version 1: makes the groups and moves @pid and its children there. Nothing to do on version 2. */
void cgroup_enclose(struct cgroup *c, int pid);

/* After cgroup_init(), on both versions: makes the groups and moves @pid and its children there.
 * May block for some 10 ms. */
void cgroup_adopt(struct cgroup *c, int pid);

/* Removes the groups, which must be empty. */
void cgroup_done(struct cgroup *c);

/* Whether groups can be made; else @why (of @n bytes) says what is in the way. */
bool cgroup_probe(char *why, unsigned n);
