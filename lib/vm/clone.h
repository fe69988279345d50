/* SPDX-License-Identifier: MIT */
/*
 * A template: a guest that is booted, has its image mounted, and forks itself; and its clones, each
 * a VM of its own. doc/fork.md is the theory.
 *
 * A template lives in a jail, and its clones in the same one, each in user and PID namespaces of
 * its own there. A clone is born (template_fork) and waits; it runs (clone_start) when it is given
 * a job's disks. It ends by itself, when it is killed, and with the template's jail.
 */
#pragma once

#include "uml.h"

struct vm_template;

/* A clone that waits. */
struct clone {
	int pidfd, pid;
	int start_fd;   /* what it waits on; closing it ends it. Ends when the clone is done. */
	int memory_fd;  /* its own; -1 when nobody wants to look at it */
	int console_fd; /* to be; -1 when it has none yet */
	int cpu;
};

#define CLONE_NONE                                                                                 \
	((struct clone){ .pidfd = -1, .start_fd = -1, .memory_fd = -1, .console_fd = -1 })

/*
 * Boots a template for VMs like @spec: kernel, init, image and data disks, memory; its input and
 * output disk are not looked at. @warm is what of the image to read into its page cache, in the
 * form of profile.h; @live the words of a program to start in it, or empty; @usual the config of
 * jobs to expect, or empty. It is to be awaited, on the same thread or another, and dies with the
 * calling thread.
 */
int template_boot(const struct vm_spec *spec, struct span warm, struct span live, struct span usual,
	struct vm_template **ret, struct error *err);

/* Waits until it can be forked. -ETIME, or -EIO with the end of its console. */
int template_await(struct vm_template *t, uint64_t timeout_ms, struct error *err);

/*
 * A clone on @cpu (-1: any). @ahead: it has time to prepare. Thread-safe. After a failure the
 * template may be of no use any more: -EIO says so.
 */
int template_fork(struct vm_template *t, int cpu, bool ahead, struct clone *ret, struct error *err);

/* Learns from a clone that has ended, and what it said at its end, what to copy beforehand in later
 * ones. Thread-safe. */
void template_learn(struct vm_template *t, int memory_fd, struct span written);

/* Bytes of host memory that it holds, once it was awaited. */
uint64_t template_bytes(const struct vm_template *t);

/* Takes no more requests, which ends the template but none of its clones. */
void template_retire(struct vm_template *t);

/* Kills it and all its clones; accepts NULL. */
void template_free(struct vm_template *t);

/* Gives @c the disks and limits of @spec and takes it, also on failure. */
int clone_start(struct clone *c, const struct vm_spec *spec, struct vm **ret, struct error *err);

/* Ends it without having run. */
void clone_drop(struct clone *c);

/* A process's number as we see it, or -ESRCH. */
int clone_pid(int pidfd);

/* As in jail_status(), as far as the host can tell; 0 of one that is done and not gone yet. */
int clone_status(int pidfd, int *ret_code);

/* Kills a VM if it is a clone, and waits until it is gone. */
void clone_kill(struct vm *vm);

/* And lets go of it. */
void clone_end(struct vm *vm);
