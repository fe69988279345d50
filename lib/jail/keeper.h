/* SPDX-License-Identifier: MIT */
/* The jail's first process: what it does between clone and the kernel's exec. */
#pragma once

#include <stdnoreturn.h>

#include "jail.h"

/* Who a jail's processes are: inside, and as the host sees them. */
enum { JAIL_INNER_ID = 1000 };

struct keeper {
	const struct jail_spec *spec;
	unsigned long namespaces; /* CLONE_NEW* that it was cloned with */
	unsigned host_id;         /* without a user namespace: the user to become */
	bool drop_groups;         /* setgroups(2) is allowed */
	int go_fd;                /* one byte comes when the id maps are written */
	int report_fd; /* on failure: an int errno and a text go out; closed by the kernel's exec */
};

/* The life of the keeper; runs in the new process. */
noreturn void keeper_run(const struct keeper *k);

/* What travels through report_fd. */
struct keeper_report {
	int error;
	char stage[60];
};
