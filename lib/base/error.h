/* SPDX-License-Identifier: MIT */
/* What went wrong, for a person: one line of text on the caller's stack. */
#pragma once

struct error {
	char text[512];
};

/*
 * Fills @err (may be NULL) with the formatted message, ": " and the text of errno -@r. Returns @r,
 * a negative errno.
 */
int fail(struct error *err, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same without the errno text, for errors that the message explains in full. */
int refuse(struct error *err, int r, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
