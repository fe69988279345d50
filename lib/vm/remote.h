/* SPDX-License-Identifier: MIT */
/* The asker's side of lender.h. */
#pragma once

#include "lender.h"

struct remote;

/* -ENOENT, -ECONNREFUSED: nobody keeps templates. */
int remote_open(
	const struct vm_kernel *kernel, struct span init, struct remote **ret, struct error *err);
void remote_close(struct remote *r);
void remote_closep(struct remote **r);

/* Each asks and waits for the answer, @timeout_ms at most. 0, 1 for yes, or a negative errno. */
int remote_ask(struct remote *r, enum lend_kind kind, uint64_t timeout_ms, char *ret_text, size_t n,
	struct error *err);
int remote_curious(struct remote *r, const char *digest);
int remote_start(struct remote *r, const char *digest, const struct vm_spec *spec, struct vm **ret,
	struct error *err);
int remote_warm(struct remote *r, const char *digest, const struct vm_spec *spec,
	uint64_t timeout_ms, struct error *err);
void remote_learn(
	struct remote *r, const char *digest, const struct vm_spec *spec, struct span list);
void remote_missed(struct remote *r, const char *digest, uint64_t bytes);
