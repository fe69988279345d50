/* SPDX-License-Identifier: MIT */
/*
 * Clones for other processes of the same user: one process keeps templates, others ask it on a UNIX
 * socket.
 *
 * Theory of operation. A connection is one run. The asker sends requests with the descriptors of
 * its image and of its job's disks; the answer to LEND_START carries the clone's pidfd, console,
 * and socket that ends when it is done. The VM belongs to the connection: when the asker closes it,
 * or dies, the clone is killed. Askers of another user are turned away, and so are those of another
 * build of pe or with another guest kernel, who would get a VM that is not theirs: they boot their
 * own.
 */
#pragma once

#include <stdint.h>

#include "templates.h"

enum lend_kind {
	LEND_CURIOUS,
	LEND_START,
	LEND_LEARN,
	LEND_MISSED,
	LEND_WARM,
	LEND_LIST,
	LEND_STOP
};

enum { LEND_DIGEST_MAX = 80, LEND_TEXT_MAX = 8192, LEND_BACK = 3 };

/* What is asked. Disks travel in the order of vm_spec; the list of LEND_LEARN in a memory file. */
struct lend_request {
	uint64_t build; /* lend_build() */
	uint32_t kind, n_disks;
	uint32_t writable; /* a bit for each disk */
	int32_t cpu;
	uint64_t ram_bytes, processes, cpu_seconds, value;
	char digest[LEND_DIGEST_MAX], image[LEND_DIGEST_MAX];
};

struct lend_answer {
	int32_t result; /* 0, 1 for yes, or a negative errno with a text */
	char text[LEND_TEXT_MAX];
};

/* A number that is the same for processes with the same guest kernel and init. */
uint64_t lend_build(const struct vm_kernel *kernel, struct span init);

/*
 * Where the socket is: $XDG_RUNTIME_DIR/program-explorer/templates, else
 * /tmp/program-explorer-UID/templates. @make: makes the directory, for this user alone; -EPERM when
 * it is somebody else's. Caller frees *@ret.
 */
int lend_path(bool make, char **ret, struct error *err);

/*
 * Listens at lend_path() and serves until somebody says LEND_STOP, @stop_fd can be read, or nobody
 * has asked for @idle_ms (0: never mind). -EADDRINUSE when another process does so already.
 */
int lend_serve(
	const struct templates_config *config, uint64_t idle_ms, int stop_fd, struct error *err);
