/* SPDX-License-Identifier: MIT */
/* One template in the list of all, with what it takes to make it. Under the list's lock. */
#pragma once

#include "clone.h"
#include "templates.h"

enum holder_state { HOLDER_WANTED, HOLDER_MAKING, HOLDER_READY, HOLDER_FAILED, HOLDER_RETIRED };

enum { HOLDER_DIGEST_MAX = 80, HOLDER_CPUS = 256 /* for which clones are kept ahead */ };

struct holder {
	struct holder *next;
	enum holder_state state;
	char digest[HOLDER_DIGEST_MAX];
	struct vm_spec spec; /* its disks are ours */
	struct vm_disk disks[VM_DISKS_MAX];
	struct buf live; /* the words of its live program */
	struct vm_template *template;
	struct clone ahead[TEMPLATES_AHEAD_MAX];
	size_t n_ahead;
	struct {
		bool asked;
		unsigned busy; /* VMs that are clones */
	} cpus[HOLDER_CPUS];
	uint64_t running; /* clones that are VMs, and callers that are forking one */
	uint64_t clones;  /* ever */
	uint64_t made_ms, used_ms;
	struct error error; /* of HOLDER_FAILED */
};

/* Copies @digest, keeps duplicates of the image's disks. NULL when there is no memory. */
struct holder *holder_new(const char *digest, const struct vm_spec *spec);
bool holder_serves(const struct holder *e, const char *digest, const struct vm_spec *spec);
void holder_free(struct holder *e);

/* Takes a waiting clone on @cpu out of it; false when there is none. */
bool holder_take_ahead(struct holder *e, int cpu, struct clone *ret);

uint64_t holder_now_ms(void);
