/* SPDX-License-Identifier: MIT */
/* Programs of the catalog as jobs: a form and files become one, examples are run and their outcome
 * looked at. */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct catalog;
struct catalog_entry;
struct expand_input;
struct job;
struct program_example;
struct run_host;

/* Sets argv, environment and limits of @j from the program of @e and a filled-in form. */
int examples_set_command(struct job *j, const struct catalog_entry *e,
	const struct expand_input *in, struct error *err);

/* All of a job from an example. */
int examples_make_job(struct job *j, const struct catalog *c, const struct catalog_entry *e,
	const struct program_example *example, struct error *err);

/*
 * Runs an example in its image of @store. 0 when it did all that it promises, and *@ret_us is how
 * long it took. Else an error that tells what it did instead; -ENOENT when the image is not there.
 */
int examples_run(const struct run_host *host, const char *store, const struct catalog *c,
	const struct catalog_entry *e, const struct program_example *example, uint64_t *ret_us,
	struct error *err);

/* The example of @e with this id; NULL: its first. -ENOENT names those that there are. */
int examples_find(const struct catalog_entry *e, const char *id, const struct program_example **ret,
	struct error *err);
