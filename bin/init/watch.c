/* SPDX-License-Identifier: MIT */
/* From the program's start to its end: captures its output, watches the clock and the limits, says
 * how it ended. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"

enum { TICK_MS = 50, READ_ROOM = 65536 };

enum { WATCH_STDOUT, WATCH_STDERR, WATCH_REAPER, WATCHED };

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Identity maps: the namespace is there for its capabilities, and the program gets none of them. */
static void write_maps(long pid)
{
	static const char map[] = "0 0 4294967295\n";
	static const char *const files[] = { "uid_map", "gid_map" };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char path[32];
		snprintf(path, sizeof path, "%ld/%s", pid, files[i]);
		cleanup_fd int fd = openat(guest.proc_fd, path, O_WRONLY | O_CLOEXEC);
		int r = fd < 0 ? -errno : io_write(fd, map, sizeof map - 1);
		if (r < 0)
			die("write %s of the program's namespace: %s", files[i], strerror(-r));
	}
}

/*
 * To take down a network, a tree of mounts and the rest takes long, and nobody sees it: they end
 * with the VM. Best effort, by descriptors that stay open.
 */
static void hold_namespaces(long pid)
{
	static const char *const names[HELD] = { "net", "mnt", "ipc", "uts", "pid", "cgroup",
		"user" };

	for (size_t i = 0; i < HELD; i++) {
		char path[32];
		snprintf(path, sizeof path, "%ld/ns/%s", pid, names[i]);
		guest.held_fds[i] = openat(guest.proc_fd, path, O_RDONLY | O_CLOEXEC);
	}
}

/* A file, so that it can be rewound; to be the user's, so that /dev/stdin can be opened again. */
static void open_stdin_file(int ret_fds[2])
{
	char path[32];

	ret_fds[1] = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	snprintf(path, sizeof path, "self/fd/%d", ret_fds[1]);
	ret_fds[0] = ret_fds[1] < 0 ? -1 : openat(guest.proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (ret_fds[0] < 0)
		die("make a file for stdin: %s", strerror(errno));
}

static void open_null(void)
{
	guest.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (guest.stdin_fd < 0)
		die("open /dev/null: %s", strerror(errno));
}

static void write_stdin(int fd)
{
	int r = io_write(fd, guest.config.standard_input.p, guest.config.standard_input.n);

	if (r < 0)
		die("keep stdin: %s", strerror(-r));
}

static void open_stdin(void)
{
	int fds[2];

	if (guest.config.standard_input.n == 0) {
		if (guest.stdin_fd <= 0)
			open_null();
		return;
	}
	open_stdin_file(fds);
	cleanup_fd int fd = fds[1];
	write_stdin(fd);
	fchown(fd, guest.user.uid, guest.user.gid);
	guest.stdin_fd = fds[0];
}

/* The process that is ready for a job has the rights of most jobs' user, and cannot change the
 * hostname any more. */
static bool suits_the_ready(void)
{
	if (!program.ready || program.failed || !user_is_usual() ||
		!span_equal(guest.config.hostname, guest.usual.hostname))
		return false;
	program.ready_wanted = true;
	if (guest.config.standard_input.n > 0)
		write_stdin(guest.late_stdin[1]);
	return true;
}

static void open_pipes(void)
{
	for (int i = 0; i < 2; i++)
		if (pipe2(guest.out_pipe[i], O_CLOEXEC) < 0)
			die("make a pipe: %s", strerror(errno));
}

/* The process that was ready has the only write ends of the ones that there are. */
static void open_other_pipes(void)
{
	for (int i = 0; i < 2; i++)
		close(guest.out_pipe[i][0]);
	open_pipes();
	program.closed = 0;
	for (int i = 0; i < 2; i++)
		fchown(guest.out_pipe[i][0], guest.user.uid, guest.user.gid);
}

/* One byte more than can be kept shows that there was more. */
static void get_buffers(void)
{
	for (int i = 0; i < 2; i++)
		guest.captured[i] =
			(struct span){ memory_get(guest.config.output_bytes + READ_ROOM), 0 };
}

/* What is in pipe @i now, by what poll(2) said of it; false when nothing more can come. */
static bool capture(int i, short events, bool *over)
{
	struct span *s = &guest.captured[i];
	uint64_t used = guest.captured[0].n + guest.captured[1].n;
	uint64_t room = guest.config.output_bytes - used + 1;

	if (!(events & POLLIN))
		return false;
	ssize_t n = read(guest.out_pipe[i][0], (char *)(uintptr_t)s->p + s->n,
		room < READ_ROOM ? room : READ_ROOM);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	if ((uint64_t)n == room) {
		*over = true;
		n--;
	}
	s->n += (size_t)n;
	return true;
}

/* Its own directory takes one inode. @ended: all that could change it. */
static bool output_is_full(bool ended)
{
	struct statfs st;

	if (fstatfs(guest.output_fd, &st) < 0)
		return false;
	guest.output_empty = ended && st.f_files - st.f_ffree == 1;
	return st.f_bavail == 0 || st.f_ffree == 0;
}

static void kill_all(int pidfd)
{
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

/* Returns when every process of the program is gone and its output is read, how many microseconds
 * after @start_us; notes a limit that ended it. */
static uint64_t watch(int pidfd, uint64_t start_us, enum outcome *ret_limit)
{
	struct pollfd p[WATCHED] = {
		[WATCH_STDOUT] = { .fd = guest.out_pipe[0][0], .events = POLLIN },
		[WATCH_STDERR] = { .fd = guest.out_pipe[1][0], .events = POLLIN },
		[WATCH_REAPER] = { .fd = pidfd, .events = POLLIN },
	};
	uint64_t now = start_us, deadline = now + guest.config.timeout_ms * 1000, looked = now;

	while (p[WATCH_STDOUT].fd >= 0 || p[WATCH_STDERR].fd >= 0 || p[WATCH_REAPER].fd >= 0) {
		uint64_t left_ms = now < deadline ? (deadline - now) / 1000 + 1 : 0;
		bool over = false;
		int wait = *ret_limit != OUTCOME_LOST
				   ? -1
				   : (int)(left_ms < TICK_MS ? left_ms : TICK_MS);
		int show = live_show(now);

		poll(p, WATCHED, show >= 0 && (wait < 0 || show < wait) ? show : wait);
		for (int i = WATCH_STDOUT; i <= WATCH_STDERR; i++)
			if (p[i].fd >= 0 && p[i].revents && !capture(i, p[i].revents, &over))
				p[i].fd = -1;
		if (p[WATCH_REAPER].revents) {
			p[WATCH_REAPER].fd = -1;
			p[WATCH_REAPER].revents = 0;
			program_close_pipes();
		}

		now = now_us();
		if (*ret_limit != OUTCOME_LOST)
			continue;
		bool ended = p[WATCH_REAPER].fd < 0;
		bool look = ended || now - looked >= TICK_MS * 1000;
		if (look)
			looked = now;
		if (over || (look && output_is_full(ended)))
			*ret_limit = OUTCOME_OUTPUT_LIMIT;
		else if (now >= deadline && !__atomic_load_n(&program.ended, __ATOMIC_ACQUIRE))
			*ret_limit = OUTCOME_TIMEOUT;
		else
			continue;
		kill_all(pidfd);
	}
	return now - start_us;
}

/* Whether a command with a slash in it exists: then what the kernel did not find is its
 * interpreter. */
static bool command_exists(const char *name)
{
	cleanup_fd int cwd_fd = open(program.cwd, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return strchr(name, '/') && faccessat(cwd_fd, name, F_OK, 0) == 0;
}

/* The program never ran: by whose fault? */
static void judge_failure(void)
{
	const char *name = guest.config.argv[0];
	int e = program.error;
	static const char *const steps[] = {
		[STEP_HOSTNAME] = "set the hostname",
		[STEP_PROC] = "mount /proc",
		[STEP_PTS] = "mount /dev/pts",
		[STEP_NET] = "bring up lo",
		[STEP_STDIO] = "set stdio",
		[STEP_START] = "start the program",
		[STEP_WAIT] = "wait",
		[STEP_USER] = "change the user",
		[STEP_RIGHTS] = "drop rights",
		[STEP_FILTER] = "set the filter",
	};

	if (program.failed == STEP_CWD)
		reject("working directory '%s': %s", program.cwd, strerror(e));
	if (program.failed != STEP_EXEC)
		die("cannot %s: %s", steps[program.failed], strerror(e));

	guest.outcome = e == ENOENT || e == ENOTDIR ? OUTCOME_NOT_FOUND : OUTCOME_NOT_EXECUTABLE;
	if (e == E2BIG)
		guest.outcome = OUTCOME_REJECTED;
	snprintf(guest.message, sizeof guest.message, "'%.200s': %s", name,
		e == ENOENT && command_exists(name) ? "its interpreter is not in the image"
						    : strerror(e));
}

static void judge(enum outcome limit)
{
	int status = program.status;

	if (program.failed) {
		judge_failure();
	} else if (limit != OUTCOME_LOST) {
		guest.outcome = limit;
	} else if (!program.ended) {
		die("the reaper died");
	} else if (WIFSIGNALED(status)) {
		bool oom = WTERMSIG(status) == SIGKILL &&
			   cgroup_read(CGROUP_MEMORY_EVENTS, "oom_kill") > 0;
		guest.outcome = oom ? OUTCOME_OUT_OF_MEMORY : OUTCOME_SIGNALED;
		guest.status = WTERMSIG(status);
	} else {
		guest.outcome = OUTCOME_EXITED;
		guest.status = WEXITSTATUS(status);
	}
}

static int reaper_pidfd = -1;

void program_prepare(bool template)
{
	struct rlimit files = { 16384, 16384 };

	open_pipes();
	if (template) {
		open_null();
		open_stdin_file(guest.late_stdin);
	}
	if (guest.usual.output_bytes > 0)
		get_buffers();
	/* For root there is more to do, in a mount namespace that all share. */
	program.early = template && guest.usual_user.uid != 0;
	filter_get();
	program_set_limits();
	long pid = program_start(&reaper_pidfd);
	if (pid < 0)
		die("start the reaper: %s", strerror((int)-pid));
	/* To walk what the program leaves. */
	setrlimit(RLIMIT_NOFILE, &files);
	write_maps(pid);
	hold_namespaces(pid);
	program_release(STAGE_PREPARE);
}

void program_run(void)
{
	enum outcome limit = OUTCOME_LOST; /* none so far */
	program.cwd = memory_string(guest.config.cwd);
	if (!live_take_job() && !suits_the_ready()) {
		open_stdin();
		if (program.closed)
			open_other_pipes();
	}
	if (guest.config.output_bytes > guest.usual.output_bytes)
		get_buffers();
	guest.stamp_ready = stamp();
	uint64_t start_us = now_us();
	program_release(STAGE_RUN);

	guest.wall_us = watch(reaper_pidfd, start_us, &limit);
	guest.stamp_end = stamp();
	judge(limit);
}
