/* SPDX-License-Identifier: MIT */
/*
 * An order: what a client asks to be run, as it comes over HTTP. Read from one JSON object
 * (doc/api.md), strictly: an unknown member, a wrong type or a value out of range is an error that
 * names the member.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "job/job.h"

enum cache_mode {
	CACHE_USE,
	CACHE_OFF,     /* neither looked up nor kept */
	CACHE_REFRESH, /* not looked up, but kept */
};

struct order {
	char *image; /* a name or "sha256:..." */
	struct job *job;
	enum cache_mode cache;
	bool has_stdin; /* it was given, be it empty */
};

/* The member that is wrong, "files[2].name"; "" when it is none of them. */
struct order_fault {
	char field[160];
	char detail[400];
	bool too_large; /* more input than the limit allows */
};

/* What a job gets when it does not say, and what it may ask for at most. */
struct order_limits {
	struct job_limits usual, most; /* most.input_bytes is every job's */
};

/* -EINVAL with @fault, -ENOMEM. */
int order_read(struct span json, const struct order_limits *limits, struct order *ret,
	struct order_fault *fault);

/* Adds a file, or sets stdin, that came beside the JSON. Takes @data (from malloc, or NULL) on
 * success. Errors as above. */
int order_add_file(
	struct order *o, const char *name, char *data, size_t n, struct order_fault *fault);
int order_set_stdin(struct order *o, char *data, size_t n, struct order_fault *fault);

/* Whether all parts fit together; the last step before it is run. */
int order_check(const struct order *o, struct order_fault *fault);

void order_done(struct order *o);
