/* SPDX-License-Identifier: MIT */
/* The programs of others that images are made with: found, run, watched, stopped. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

struct tool_watch {
	void (*phase)(
		void *ctx, const char *what); /* a phase begins, and the one before it has ended */
	void (*tick)(void *ctx);              /* a few times a second while it lasts */
	/* How far a phase is; @total 0: nobody knows. May be NULL. */
	void (*bytes)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	int cancel_fd; /* stop when this becomes readable; -1: never */
};

struct tool_run {
	const struct tool_watch *watch; /* NULL: nobody watches, nothing stops it */
	int log_fd;                     /* for standard error, and output unless wanted; -1: ours */
	size_t wrapped; /* words of argv before the name of the tool that errors tell */
};

/* -ENOENT when @tool is not in PATH, with the command that installs it. */
int tool_check(const char *tool, struct error *err);

/*
 * Runs @argv to its end. @output, when not NULL, gets what it writes to standard output, at most 1
 * MiB. -ECANCELED when it was stopped; -EIO when it failed; no text in @err is about why: that is
 * in the log.
 */
int tool_run(
	const struct tool_run *t, const struct strv *argv, struct buf *output, struct error *err);

/* Waits for the end of @p, which @name is: what tool_run() does at the end. */
struct process;
int tool_wait(const struct tool_run *t, struct process *p, const char *name, struct error *err);
