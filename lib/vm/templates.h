/* SPDX-License-Identifier: MIT */
/*
 * Templates by image: who asks for a VM of an image gets a clone of a template, if there is one.
 *
 * Theory of operation. One thread, the maker, owns everything that takes long: it boots templates
 * that were asked for, forks clones ahead of need, moves clones into cgroups of their own, and lets
 * go of templates that have not been used for longest when all of them together are too large.
 * Callers only look up, fork, and go on. Templates die with the maker, which dies with
 * templates_free() or the process.
 *
 * A template serves one image (by digest), one set of data disks, and one size of memory. What is
 * asked for is rounded up to a class of sizes, so that a few templates serve all jobs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "vm.h"

struct templates;

enum { TEMPLATES_AHEAD_MAX = 16 }; /* clones that wait, of one template */

struct templates_config {
	const struct vm_kernel
		*kernel;       /* borrowed; without the feature "template" nothing is made */
	struct span init;      /* borrowed */
	uint64_t memory_bytes; /* host memory of all templates together; 0 for a default */
	size_t ahead;          /* clones to have waiting for each CPU that asked */
	bool weak_jail;
	/* The words of a program that is to be started in templates of image @name, each ending in
	 * NUL; nothing when there is none. May be NULL. */
	void (*live)(const char *name, struct buf *ret);
	struct span usual;    /* borrowed; the config of jobs to expect (job.h), or nothing */
	const char *profiles; /* directory for what runs read of images; NULL: nothing is learnt */
};

struct templates_stats {
	uint64_t clones, cold;   /* how VMs were started */
	uint64_t made, failed;   /* templates */
	uint64_t alive, waiting; /* templates; clones ahead of need */
	uint64_t bytes;          /* host memory of the templates */
};

/* What there is to tell of one template. */
struct template_info {
	const char *digest;
	const char *state; /* "making", "ready", "failed" */
	uint64_t ram_bytes, bytes, clones, running;
	uint64_t age_ms, idle_ms;
	const char *message; /* why it failed */
};

int templates_new(const struct templates_config *config, struct templates **ret, struct error *err);

/* The templates of another process of this user (lender.h). -ENOENT or -ECONNREFUSED: there is
 * none. */
int templates_connect(const struct vm_kernel *kernel, struct span init, struct templates **ret,
	struct error *err);

/* Kills all templates and all their clones. VMs that are clones must have been freed. Accepts NULL.
 */
void templates_free(struct templates *t);
void templates_freep(struct templates **t);

/*
 * A VM like @spec, a clone of the template of @digest. -EAGAIN when there is none (yet): one is
 * asked for, and the caller boots. Thread-safe, as is everything here. Errors are no reason to fail
 * a run: boot.
 */
int templates_start(struct templates *t, const char *digest, const struct vm_spec *spec,
	struct vm **ret, struct error *err);

/* Waits until there is a template of @digest for VMs like @spec. -ETIME, or why it cannot be made.
 */
int templates_warm(struct templates *t, const char *digest, const struct vm_spec *spec,
	uint64_t timeout_ms, struct error *err);

/* Lets go of the templates of @digest (NULL: of all); their clones go on. */
void templates_drop(struct templates *t, const char *digest);

/* Whether the next run of @digest is to say what it reads of the image. */
bool templates_curious(struct templates *t, const char *digest);

/* What a run like @spec said. A template is made, or made anew, when that pays. */
void templates_learn(
	struct templates *t, const char *digest, const struct vm_spec *spec, struct span list);

/* A clone read @bytes of the image from disk. */
void templates_missed(struct templates *t, const char *digest, uint64_t bytes);

void templates_stats(struct templates *t, struct templates_stats *ret);

/* Calls @tell for each template, with everything locked. */
void templates_list(
	struct templates *t, void (*tell)(void *ctx, const struct template_info *info), void *ctx);

/* The memory of the template that serves VMs of @ram_bytes: a quarter more at most. */
uint64_t templates_class(uint64_t ram_bytes);

/* A clone of one of them has run for a while: it gets a cgroup of its own. Once. */
void templates_settle(struct vm *vm);

/* A clone of one of them has ended; for vm_free(). */
void templates_gone(struct vm *vm);
