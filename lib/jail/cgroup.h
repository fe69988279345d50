/* SPDX-License-Identifier: MIT */
/*
 * The host's cgroups around a jail, where there are any that we may write: a bound on memory and tasks that holds for all
 * processes of the jail together. Versions 1 and 2. Everything here is best effort: a host without them is told of by
 * jail_probe(), the other layers hold without.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef char cgroup_paths[2][256];

/* Makes this process's group for one jail; also removes groups that killed processes left behind. */
void cgroup_make(cgroup_paths paths, uint64_t memory_bytes, uint64_t tasks);
void cgroup_join(cgroup_paths paths, int pid);
void cgroup_remove(cgroup_paths paths);

/* Whether a group can be made; else @why (of @n bytes) says what is in the way. */
bool cgroup_probe(char *why, unsigned n);
