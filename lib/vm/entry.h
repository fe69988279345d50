/* SPDX-License-Identifier: MIT */
/* One template in the list of all, with what it takes to make it. Under the list's lock. */
#pragma once

#include "clone.h"
#include "templates.h"

enum entry_state { ENTRY_WANTED, ENTRY_MAKING, ENTRY_READY, ENTRY_FAILED, ENTRY_RETIRED };

enum { ENTRY_AHEAD_MAX = 16, ENTRY_DIGEST_MAX = 80 };

struct entry {
	struct entry *next;
	enum entry_state state;
	char digest[ENTRY_DIGEST_MAX];
	struct vm_spec spec; /* its disks are ours */
	struct vm_disk disks[VM_DISKS_MAX];
	struct vm_template *template;
	struct clone ahead[ENTRY_AHEAD_MAX];
	size_t n_ahead;
	bool cpus[256];   /* that asked, below 256 */
	uint64_t running; /* clones that are VMs, and callers that are forking one */
	uint64_t clones;  /* ever */
	uint64_t made_ms, used_ms;
	struct error error; /* of ENTRY_FAILED */
};

/* Copies @digest, keeps duplicates of the image's disks. NULL when there is no memory. */
struct entry *entry_new(const char *digest, const struct vm_spec *spec);
bool entry_serves(const struct entry *e, const char *digest, const struct vm_spec *spec);
void entry_free(struct entry *e);

/* Takes a waiting clone on @cpu out of it; false when there is none. */
bool entry_take_ahead(struct entry *e, int cpu, struct clone *ret);

uint64_t entry_now_ms(void);
