/* SPDX-License-Identifier: MIT */
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/io.h"
#include "sys/memfd.h"
#include "sys/process.h"

enum {
	TICK_MS = 200,
	OUTPUT_MAX = 1 << 20,
};

static const struct {
	const char *tool, *package;
} packages[] = {
	{ "apt-config", "apt" },
	{ "apt-get", "apt" },
	{ "dpkg-query", "dpkg" },
	{ "mmdebstrap", "mmdebstrap" },
	{ "newuidmap", "uidmap" },
	{ "skopeo", "skopeo" },
	{ "unshare", "util-linux" },
};

static bool is_in_path(const char *tool)
{
	const char *path = getenv("PATH");
	struct span rest = span_of(path ? path : "/usr/bin:/bin"), dir;

	while (span_cut(&rest, ':', &dir)) {
		char file[4096];
		snprintf(file, sizeof file, "%.*s/%s", (int)dir.n, dir.p, tool);
		if (access(file, X_OK) == 0)
			return true;
	}
	return false;
}

int tool_check(const char *tool, struct error *err)
{
	const char *package = tool;

	if (is_in_path(tool))
		return 0;
	for (size_t i = 0; i < sizeof packages / sizeof *packages; i++)
		if (strcmp(packages[i].tool, tool) == 0)
			package = packages[i].package;
	return refuse(err, -ENOENT, "'%s' is missing; this installs it: apt-get install %s", tool,
		package);
}

/* Waits for the end of @p, or for a reason to stop it. */
static int wait_or_stop(const struct tool_run *t, struct process *p)
{
	struct pollfd fds[] = {
		{ .fd = p->pidfd, .events = POLLIN },
		{ .fd = t->watch ? t->watch->cancel_fd : -1, .events = POLLIN },
	};

	while (!fds[0].revents) {
		if (poll(fds, 2, TICK_MS) < 0 && errno != EINTR)
			return -errno;
		if (fds[1].revents) {
			process_signal(p, SIGTERM);
			process_wait(p);
			return -ECANCELED;
		}
		if (t->watch && t->watch->tick)
			t->watch->tick(t->watch->ctx);
	}
	return process_wait(p);
}

int tool_wait(const struct tool_run *t, struct process *p, const char *name, struct error *err)
{
	int r = wait_or_stop(t, p);

	if (r == -ECANCELED)
		return refuse(err, r, "stopped");
	if (r < 0)
		return fail(err, r, "wait for '%s'", name);
	if (r > 128)
		return refuse(err, -EIO, "'%s' was ended by signal %d", name, r - 128);
	if (r > 0)
		return refuse(err, -EIO, "'%s' failed with exit status %d", name, r);
	return 0;
}

int tool_run(
	const struct tool_run *t, const struct strv *argv, struct buf *output, struct error *err)
{
	const char *name = argv->v[t->wrapped];
	cleanup_fd int out = -1;
	if (output && (out = memfd_new(name)) < 0)
		return fail(err, out, "run '%s'", name);

	cleanup(process_done) struct process p = { .pidfd = -1 };
	int r = process_start(&p, argv->v, NULL, output ? out : t->log_fd, t->log_fd);
	if (r < 0)
		return fail(err, r, "run '%s'", name);

	r = tool_wait(t, &p, name, err);
	if (r < 0)
		return r;
	if (!output)
		return 0;
	if (lseek(out, 0, SEEK_SET) < 0 || (r = io_read_all(out, OUTPUT_MAX, output)) < 0)
		return fail(err, r < 0 ? r : -errno, "read the output of '%s'", name);
	return 0;
}
