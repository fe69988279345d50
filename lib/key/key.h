/* SPDX-License-Identifier: MIT */
/*
 * The key of a job: SHA-256 over its canonical form. Jobs with the same key are the same job: they
 * run once, and one's result is the other's. doc/key.md has the form for others to compute;
 * tests/vectors/key.json has examples.
 *
 * Threads: all of this is pure and may be called from anywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

struct job;

enum {
	KEY_DIGITS = 64, /* lower-case hexadecimal */
	KEY_SIZE = KEY_DIGITS + 1,
};

/* What image names are resolved to: "sha256:" and 64 digits. -EINVAL for anything else. */
int key_check_digest(const char *image_digest, struct error *err);

/* Appends the canonical form, version 1, of @job on the image with @image_digest. -ENOMEM; -EINVAL
 * for what is no digest. The order of environment and files does not matter. */
int key_canonical(const struct job *job, const char *image_digest, struct buf *to);

/* The key itself, NUL-terminated. It reads every byte of the job's input once (about 1 ms for each
 * MiB at worst). Errors as above. */
int key_compute(const struct job *job, const char *image_digest, char ret[KEY_SIZE]);

/* Whether @s could be a key: exactly 64 lower-case hexadecimal digits. */
bool key_valid(struct span s);
