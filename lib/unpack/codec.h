/* SPDX-License-Identifier: MIT */
/* One way to compress, undone in pieces. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/span.h"

struct codec {
	const char *name;    /* "gzip" */
	void *(*open)(void); /* NULL on -ENOMEM */
	/*
	 * Takes from the front of *@in, writes up to @room bytes to @out. Bytes written, which may
	 * be 0 when more input is needed; -EPROTO with a message for what is broken. *@ret_between
	 * says whether the input may end here.
	 */
	ssize_t (*run)(void *state, struct span *in, char *out, size_t room, bool *ret_between,
		struct error *err);
	void (*close)(void *state);
};

extern const struct codec codec_plain, codec_gzip, codec_zstd;

/* By the first bytes of what is to be undone (at least 4, unless there are no more). */
const struct codec *codec_of(struct span head);
