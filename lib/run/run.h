/* SPDX-License-Identifier: MIT */
/* One run: a job in a fresh VM, from the input bundle to the result. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

struct image;
struct job;
struct result;
struct vm;
struct vm_engine;
struct vm_kernel;
struct templates;

/* Where runs happen. All of it is borrowed. */
struct run_host {
	const struct vm_engine *engine;
	const struct vm_kernel *kernel;
	struct span init; /* the guest's init */
	int cpu;          /* -1 for any */
	bool weak_jail;
	struct templates *templates; /* optional: VMs are clones where there is a template */
};

/* Waits until there is a template of @img for jobs with the default limits. Negative errno as in
 * templates_warm(). */
int run_warm(const struct run_host *host, const struct image *img, uint64_t timeout_ms,
	struct error *err);

/* Where the time of a run went, in microseconds. */
struct run_phases {
	uint64_t pack;    /* input bundle, disks */
	uint64_t jail;    /* up to the guest kernel's exec */
	uint64_t kernel;  /* its exec to the first instruction of init */
	uint64_t init;    /* to the program's start: disks, mounts, namespaces */
	uint64_t start;   /* to the program's exec */
	uint64_t program; /* to the end of its last process */
	uint64_t unpack;  /* output bundle in the guest */
	uint64_t power_off;
	uint64_t collect; /* output bundle on the host */
	uint64_t total;
	bool is_clone; /* of a template; else booted */
};

/* Who looks on while a job runs. */
struct run_watch {
	int cancel_fd; /* the run is given up when this can be read; -1 for never */
	/* What the program writes to stdout (0) and stderr (1), as it comes, some 20 ms late; NULL
	 * when nobody wants to know. Bytes of the guest's choice, no more than the job's output
	 * limit. */
	void (*output)(void *ctx, int stream, struct span bytes);
	void *ctx;
	/* Takes the VM, which has told its result but may not have been cleared away by the host:
	 * vm_engine.free() it when nobody waits any more. NULL: run_job() does. */
	struct vm **left;
};

/*
 * Runs @job and blocks until it has ended: at the latest 2 s (and what start-up may take) after its
 * time limit. @watch may be NULL.
 *
 * 0 with a result for whatever the program did, and RESULT_REJECTED for a job that cannot be run on
 * this image. Negative errno when a VM could not be started or nothing sensible came back from it:
 * the error text then ends with what the guest's console said. -ECANCELED when the watcher gave it
 * up. @phases may be NULL. Caller frees *@ret with result_free().
 */
int run_job(const struct run_host *host, const struct image *img, const struct job *job,
	const struct run_watch *watch, struct result **ret, struct run_phases *phases,
	struct error *err);
