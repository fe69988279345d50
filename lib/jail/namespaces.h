/* SPDX-License-Identifier: MIT */
/* Which namespaces a jail gets, and whom its user is outside. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * All of them. With @weak, those that the host gives (tried out). @ret_host_id: the host's user and
 * group id for the jail: one that nobody else has when we are root, else our own.
 */
int namespaces_choose(
	bool weak, unsigned long *ret_flags, unsigned *ret_host_id, struct error *err);

/* Maps JAIL_INNER_ID of @pid's user namespace, if @flags has one, to @host_id. */
int namespaces_map(int pid, unsigned long flags, unsigned host_id, struct error *err);

/* 0 when a process with these namespaces can be made, else -errno. */
int namespaces_try(unsigned long flags);

/* Whether ids of our own can be had for jails: we are root and the ids are mapped where we are. */
bool namespaces_own_ids(void);
