/* SPDX-License-Identifier: MIT */
/*
 * A result: how a run ended and what it left, read from the output bundle. The bundle is hostile
 * until it was read: names are checked, numbers bounded, nothing is believed that would reach
 * beyond the result itself.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

/* In DESIGN's words; the text of each is result_outcome_word(). */
enum result_outcome {
	RESULT_EXITED,
	RESULT_SIGNALED,
	RESULT_TIMEOUT,
	RESULT_OUT_OF_MEMORY,
	RESULT_OUTPUT_LIMIT,
	RESULT_NOT_FOUND,
	RESULT_NOT_EXECUTABLE,
	RESULT_REJECTED,
	RESULT_LOST,
	RESULT_OUTCOMES,
};

const char *result_outcome_word(enum result_outcome o);

/* "SIGTERM", or "42" for those without a name; @buf of 16 bytes. */
const char *result_signal_name(int signal, char *buf);

struct result_file {
	struct span name; /* relative, in normal form, unique */
	mode_t mode;
	struct span data;
};

struct result_skipped {
	struct span reason, name; /* "symlink", "fifo", "socket", "device", "too_large",
				     "truncated", "name_too_long" */
};

/* Time stamps by the processor's counter, which host and guest share. */
struct result_stamps {
	uint64_t init, ready, exec, end, packed;
};

struct result {
	enum result_outcome outcome;
	int status; /* exit code or signal */
	char message[512];
	struct span out, err;
	struct result_file *files; /* sorted by name; directories have mode S_IFDIR */
	size_t n_files;
	struct result_skipped *skipped;
	size_t n_skipped;
	uint64_t skipped_more; /* further ones that are not listed */
	uint64_t wall_us, user_us, system_us, peak_bytes, startup_us;
	bool is_clone;       /* its VM was a clone of a template */
	uint64_t read_bytes; /* of the image, from disk */
	struct span warm;    /* which pages of the image it has read, when asked (bundle/warm.h) */
	struct result_stamps stamps;
	struct span map; /* what the spans point into */
	char *copy;      /* that, when it is no mapping */
};

/*
 * Reads the output bundle in memfd @fd. @still: nobody writes to it any more, so that it can be
 * mapped; else it is copied first, and -EAGAIN says that it is too large for that. -EPROTO with a
 * message for anything that init would not write. Caller frees with result_free().
 */
int result_read(int fd, bool still, struct result **ret, struct error *err);

/* Bytes of stdout, stderr and all files. */
uint64_t result_size(const struct result *r);

/* A result of our own making: nothing came back. */
struct result *result_new(enum result_outcome outcome, const char *message);

void result_free(struct result *r);
void result_freep(struct result **r);
