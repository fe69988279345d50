/* SPDX-License-Identifier: MIT */
/* A job run and its result shown, for whoever made the job. */
#pragma once

#include <stdbool.h>

struct job;

struct run_options {
	struct job *job;
	const char *outdir, *kernel, *store; /* NULL: none; the usual ones */
	bool json, trace, weak_jail, cold;
};

/* Runs @o->job in image @image_name, shows what came out. Returns the exit status of pe. */
int run_to_end(const struct run_options *o, const char *image_name);
