/* SPDX-License-Identifier: MIT */
/* What the host gives: each layer is tried, not guessed from versions. */
#include "jail.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cgroup.h"
#include "namespaces.h"

static const struct {
	const char *name, *protects;
	bool required;
	unsigned long flag;
} layers[JAIL_LAYERS] = {
	[JAIL_USER_NS] = { "user namespace", "rights inside are none outside", true,
		CLONE_NEWUSER },
	[JAIL_PID_NS] = { "pid namespace", "no process of the host can be seen or signalled", true,
		CLONE_NEWPID },
	[JAIL_MOUNT_NS] = { "mount namespace", "an empty root: no file of the host has a name",
		true, CLONE_NEWNS },
	[JAIL_NET_NS] = { "network namespace", "no network, no abstract sockets", true,
		CLONE_NEWNET },
	[JAIL_IPC_NS] = { "ipc namespace", "no shared memory or queues of the host", true,
		CLONE_NEWIPC },
	[JAIL_UTS_NS] = { "uts namespace", "the host's name stays its own", true, CLONE_NEWUTS },
	[JAIL_OWN_UID] = { "own user id", "each VM is a user that nobody else is", false, 0 },
	[JAIL_SECCOMP] = { "seccomp filter",
		"only the few system calls that the kernel process makes", true, 0 },
	[JAIL_CGROUP] = { "cgroup", "memory and tasks of all its processes together are bounded",
		false, 0 },
};

static void probe_namespace(struct jail_layer_state *s, unsigned long flag)
{
	/* As an ordinary user the others come only with a user namespace. */
	int r = namespaces_try(flag == CLONE_NEWUSER ? flag : CLONE_NEWUSER | flag);

	s->present = r == 0;
	if (r < 0)
		snprintf(s->why, sizeof s->why,
			"clone: %s (see sysctl user.max_user_namespaces, "
			"kernel.unprivileged_userns_clone, the container's seccomp profile)",
			strerror(-r));
}

void jail_probe(struct jail_layer_state states[JAIL_LAYERS])
{
	for (int i = 0; i < JAIL_LAYERS; i++) {
		states[i] = (struct jail_layer_state){ .name = layers[i].name,
			.protects = layers[i].protects,
			.required = layers[i].required };
		if (layers[i].flag)
			probe_namespace(&states[i], layers[i].flag);
	}

	struct jail_layer_state *own = &states[JAIL_OWN_UID], *seccomp = &states[JAIL_SECCOMP];
	own->present = namespaces_own_ids();
	if (!own->present)
		snprintf(own->why, sizeof own->why,
			geteuid() == 0 ? "root of a container without user ids to give away"
				       : "VMs run as user %u; root gives each VM a user of its own",
			geteuid());
	seccomp->present = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
	if (!seccomp->present)
		snprintf(seccomp->why, sizeof seccomp->why,
			"the host's kernel has no seccomp filters");
	states[JAIL_CGROUP].present =
		cgroup_probe(states[JAIL_CGROUP].why, sizeof states[JAIL_CGROUP].why);
}
