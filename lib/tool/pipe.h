/* SPDX-License-Identifier: MIT */
/* A program whose standard output is read while it runs. */
#pragma once

#include "base/stream.h"
#include "tool.h"

struct tool_pipe;

/* Starts @argv; what @t->watch says is done whenever we wait for it. @t is copied, what it refers
 * to is borrowed. */
int tool_pipe_open(const struct tool_run *t, const struct strv *argv, struct tool_pipe **ret,
	struct error *err);

/* Waits for the first byte, or the end. -ECANCELED when it was stopped. */
int tool_pipe_await(struct tool_pipe *p, struct error *err);

/* What it writes. -ECANCELED when it was stopped. */
struct stream tool_pipe_stream(struct tool_pipe *p);

/* Waits for its end. -EIO when it failed, as tool_run(). */
int tool_pipe_finish(struct tool_pipe *p, struct error *err);

void tool_pipe_close(struct tool_pipe *p); /* kills what still runs */
void tool_pipe_closep(struct tool_pipe **p);
