/* SPDX-License-Identifier: MIT */
#include "pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

#include "sys/process.h"

enum {
	TICK_MS = 200,
	PIECE = 1 << 20,
};

struct tool_pipe {
	struct tool_run t;
	char *name;
	struct process process;
	int fd;
	char piece[PIECE];
};

void tool_pipe_close(struct tool_pipe *p)
{
	if (!p)
		return;
	cleanup_closep(&p->fd);
	process_done(&p->process);
	free(p->name);
	free(p);
}

void tool_pipe_closep(struct tool_pipe **p)
{
	tool_pipe_close(*p);
}

int tool_pipe_open(const struct tool_run *t, const struct strv *argv, struct tool_pipe **ret,
	struct error *err)
{
	const char *name = argv->v[t->wrapped];
	int ends[2];
	cleanup(tool_pipe_closep) struct tool_pipe *p = calloc(1, sizeof *p);

	if (!p)
		return fail(err, -ENOMEM, "run '%s'", name);
	p->t = *t;
	p->process.pidfd = p->fd = -1;
	p->name = strdup(name);
	if (!p->name || pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, p->name ? -errno : -ENOMEM, "run '%s'", name);
	p->fd = ends[0];
	cleanup_fd int to = ends[1];
	/* Fewer turns between it and us; the default does as well. */
	(void)fcntl(p->fd, F_SETPIPE_SZ, PIECE);
	int r = process_start(&p->process, argv->v, NULL, to, t->log_fd);
	if (r < 0)
		return fail(err, r, "run '%s'", name);
	*ret = take_ptr(p);
	return 0;
}

static int stop(struct tool_pipe *p, struct error *err)
{
	process_signal(&p->process, SIGTERM);
	process_wait(&p->process);
	return refuse(err, -ECANCELED, "stopped");
}

int tool_pipe_await(struct tool_pipe *p, struct error *err)
{
	const struct tool_watch *watch = p->t.watch;
	struct pollfd fds[] = {
		{ .fd = p->fd, .events = POLLIN },
		{ .fd = watch ? watch->cancel_fd : -1, .events = POLLIN },
	};

	while (!fds[0].revents) {
		if (poll(fds, 2, TICK_MS) < 0 && errno != EINTR)
			return fail(err, -errno, "wait for '%s'", p->name);
		if (fds[1].revents)
			return stop(p, err);
		if (watch && watch->tick)
			watch->tick(watch->ctx);
	}
	return 0;
}

static int next(void *ctx, struct span *ret, struct error *err)
{
	struct tool_pipe *p = ctx;
	ssize_t n;

	do {
		int r = tool_pipe_await(p, err);
		if (r < 0)
			return r;
		n = read(p->fd, p->piece, PIECE);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, -errno, "read what '%s' writes", p->name);
	*ret = (struct span){ p->piece, (size_t)n };
	return n > 0;
}

struct stream tool_pipe_stream(struct tool_pipe *p)
{
	return (struct stream){ .next = next, .ctx = p };
}

int tool_pipe_finish(struct tool_pipe *p, struct error *err)
{
	return tool_wait(&p->t, &p->process, p->name, err);
}
