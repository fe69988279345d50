/* SPDX-License-Identifier: MIT */
/*
 * Making room for the groups of VMs in a cgroup (version 2) that was handed to us. A group that has
 * processes may not hand out controllers, so a service that was started in a delegated group
 * (systemd's Delegate=) moves into a child of it first; the groups of its VMs become the child's
 * siblings (cgroup.h).
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Does so when this process's group was delegated (systemd marks it with the attribute
 * user.delegate) and the host has the controllers. 1 when it did, 0 when there is nothing to do. To
 * be called before threads and children exist. Negative errno with a message: the VMs will have no
 * group of their own.
 */
int cgroup_settle(struct error *err);

/* The same for the group at @path, without looking whether it was delegated. */
int cgroup_settle_at(const char *path, struct error *err);
