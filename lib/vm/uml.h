/* SPDX-License-Identifier: MIT */
/* What the User-Mode Linux engine and its templates share. */
#pragma once

#include "jail/jail.h"
#include "vm.h"

/* Descriptors of the kernel process: the disks come last, and behind them a template's socket. */
enum uml_fd { UML_FD_NULL, UML_FD_OUT, UML_FD_ERR, UML_FD_INITRD, UML_FD_LOCKDOWN, UML_FD_DISKS };

struct vm {
	struct jail jail;
	struct templates *templates; /* whose clone this is; NULL when it was booted */
	struct holder *holder;       /* which of them */
	int clone_pidfd, clone_pid, clone_cpu;
	uint64_t host_processes; /* of a clone, at most */
	int done_fd; /* of a clone: ends when it has powered off, while the host still cleans up */
	int memory_fd; /* of a clone to learn from, or -1 */
	int console_fd;
	char console[VM_CONSOLE_BYTES + 1];
};

/* The bounded file that a guest's console is, or a negative errno. */
int uml_console_new(struct error *err);

/* What makes a guest a template. */
struct uml_template {
	int control_fd;    /* where it takes its requests */
	struct span warm;  /* what to read of the image beforehand (bundle/warm.h) */
	struct span live;  /* a program to start beforehand: its words, each ending in NUL */
	struct span usual; /* the config that most jobs have (job.h), to be ready for them */
};

/* Starts a guest kernel in a jail with its console on @console_fd. @template is NULL for a VM. */
int uml_boot(const struct vm_spec *spec, int console_fd, const struct uml_template *template,
	struct jail *ret, struct error *err);

/* A VM with nothing in it, or NULL; uml_free() it. */
struct vm *uml_new(void);
void uml_freep(struct vm **vm);
