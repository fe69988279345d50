/* SPDX-License-Identifier: MIT */
/*
 * A jail: what the host lets a VM's processes do, whatever happens inside.
 *
 * Theory of operation. jail_start() clones a *keeper* into new user, pid, mount, network, ipc and
 * uts namespaces. The keeper is PID 1 there. In numbered stages it takes everything away from
 * itself: waits for its id maps, becomes a user that owns nothing, swaps its root for an empty
 * read-only tmpfs, sets limits, drops capabilities and descriptors. Then it starts the kernel
 * (vfork, a seccomp filter, exec) and does nothing but wait for it. When the kernel ends the keeper
 * ends, and with PID 1 the host kills whatever is left in the namespace, the guest's processes
 * among it. When the caller dies, however, the parent-death signal kills the keeper, with the same
 * effect. Closing the jail kills it too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "jail/cgroup.h"

enum jail_layer {
	JAIL_USER_NS,
	JAIL_PID_NS,
	JAIL_MOUNT_NS,
	JAIL_NET_NS,
	JAIL_IPC_NS,
	JAIL_UTS_NS,
	JAIL_OWN_UID,
	JAIL_SECCOMP,
	JAIL_CGROUP,
	JAIL_LAYERS,
};

struct jail_layer_state {
	const char *name;     /* "user namespace" */
	const char *protects; /* what it is there for */
	bool required;        /* without it only a weak jail can be had */
	bool present;
	char why[160]; /* when not present: what the host said, and what mends it */
};

/* Asks the host for each layer, by trying it. Takes about 2 ms. */
void jail_probe(struct jail_layer_state states[JAIL_LAYERS]);

enum { JAIL_FDS_MAX = 24, JAIL_ARGS_MAX = 32 };

struct jail_spec {
	int program_fd;          /* static executable */
	const char *const *argv; /* NULL-terminated */
	const int *fds;          /* become descriptors 0, 1, 2, ... of the program */
	size_t n_fds;
	int cpu;                /* the one CPU that all of the jail runs on; -1 for any */
	uint64_t address_bytes; /* largest file and private memory of one process */
	uint64_t cpu_seconds;   /* processor time of one process */
	uint64_t processes;     /* at the same time */
	bool with_proc;         /* /proc and a writable /tmp: for kernels without our patches */
	bool weak;              /* go on without layers that the host cannot give */
	bool family;            /* goes on until the last of the program's siblings has ended */
	bool no_cgroup;         /* the program's siblings get groups of their own */
};

struct jail {
	int pidfd;
	int pid;
	struct cgroup cgroup;
};

/*
 * Starts the program. Copies nothing of @spec that outlives the call. On success @ret is to be
 * ended with jail_done(). -EPERM with a text that names the layer when the host refuses one and
 * @spec->weak is not set.
 */
int jail_start(const struct jail_spec *spec, struct jail *ret, struct error *err);

/*
 * Puts the running jail into its cgroups where that could not be done at its birth. May block for
 * some 10 ms, which the program does not notice.
 */
void jail_enclose(struct jail *j);

/*
 * The program's end, after the pidfd became readable: 0 and its wait status (an exit code, or 128 +
 * signal). With the program still running, -EAGAIN.
 */
int jail_status(struct jail *j, int *ret_code);

/* Kills everything in it and waits until it is gone; safe in any state and on a zeroed jail with
 * pidfd -1. */
void jail_done(struct jail *j);
