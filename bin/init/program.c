/* SPDX-License-Identifier: MIT */
/* The reaper and the program up to its exec: see the theory in init.h. Raw system calls only, no
 * errno. */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "raw.h"

enum { STACK = 16384, PATH_LIMIT = 4096, STDIO_MAX = 5, LATE_STDIN = 3 };

struct program program;

static char reaper_stack[STACK] LARGE(1) __attribute__((aligned(16)));
static char program_stack[STACK] LARGE(2) __attribute__((aligned(16)));

static void wake(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	raw3(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

/* Waits until *@word is at least @value. */
static void await(int *word, int value)
{
	int seen;

	while ((seen = __atomic_load_n(word, __ATOMIC_ACQUIRE)) < value)
		raw4(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, 0);
}

static noreturn void leave(enum program_step step, long r)
{
	if (!program.failed) {
		program.failed = step;
		program.error = (int)-r;
	}
	wake(&program.prepared, 1);
	for (;;)
		raw1(SYS_exit_group, 127);
}

static void must(enum program_step step, long r)
{
	if (r < 0)
		leave(step, r);
}

/*
 * The program's limits, which init takes for itself: only in its own user namespace may a hard
 * limit be raised. The program inherits them.
 */
void program_set_limits(void)
{
	static const struct {
		int resource;
		struct rlimit limit;
	} limits[] = {
		{ RLIMIT_CORE, { 0, 0 } },
		{ RLIMIT_NOFILE, { 1024, 16384 } },
		{ RLIMIT_STACK, { 8 << 20, RLIM_INFINITY } },
		{ RLIMIT_MEMLOCK, { 8 << 20, 8 << 20 } },
		{ RLIMIT_MSGQUEUE, { 819200, 819200 } },
		{ RLIMIT_SIGPENDING, { 4096, 4096 } },
		{ RLIMIT_NPROC, { RLIM_INFINITY, RLIM_INFINITY } },
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		if (setrlimit(limits[i].resource, &limits[i].limit) < 0)
			die("set limit %d: %s", limits[i].resource, strerror(errno));
}

/* Identity, then rights: nothing is left when this returns. */
static void drop_rights(void)
{
	const struct user *u = &guest.user;
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	must(STEP_USER, raw2(SYS_setgroups, u->n_groups, u->groups));
	must(STEP_USER, raw3(SYS_setresgid, u->gid, u->gid, u->gid));
	must(STEP_USER, raw3(SYS_setresuid, u->uid, u->uid, u->uid));
	must(STEP_RIGHTS, raw2(SYS_capset, &header, none));
	must(STEP_RIGHTS, raw5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* In a table of its own, which is init's until now: stdin, stdout, stderr, and what is @more. */
static void set_stdio(int n_more, int more, int more_still)
{
	const int from[STDIO_MAX] = { guest.stdin_fd, guest.out_pipe[0][1], guest.out_pipe[1][1],
		more, more_still };
	int n = LATE_STDIN + n_more;

	must(STEP_STDIO, raw1(SYS_unshare, CLONE_FILES));
	for (int i = 0; i < n; i++)
		must(STEP_STDIO, raw3(SYS_dup3, from[i], i, 0));
	must(STEP_STDIO, raw3(SYS_close_range, n, ~0u, 0));
}

/* execvp(3) without the shell: tries the directories of the program's own PATH. */
static long search_and_exec(char **argv, char **env)
{
	static char path[PATH_LIMIT] LARGE(3);
	struct span rest = SPAN_LITERAL(PATH_DEFAULT), dir, name = span_of(argv[0]);
	long result = -ENOENT;

	if (name.n == 0)
		return -ENOENT;
	if (memchr(name.p, '/', name.n))
		return raw3(SYS_execve, argv[0], argv, env);

	for (char **e = env; *e; e++)
		if (span_starts(span_of(*e), SPAN_LITERAL("PATH=")))
			rest = span_skip(span_of(*e), 5);
	while (span_cut(&rest, ':', &dir)) {
		if (dir.n == 0)
			dir = SPAN_LITERAL(".");
		if (dir.n + 1 + name.n + 1 > sizeof path)
			continue;
		memcpy(path, dir.p, dir.n);
		path[dir.n] = '/';
		memcpy(path + dir.n + 1, name.p, name.n);
		path[dir.n + 1 + name.n] = '\0';

		/* Most are not there, and to ask costs a third of to try. */
		long r = raw2(SYS_access, path, F_OK);
		if (r == 0)
			r = raw3(SYS_execve, path, argv, env);
		if (r != -ENOENT && r != -ENOTDIR && r != -EACCES)
			return r;
		if (r == -EACCES)
			result = r;
	}
	return result;
}

/*
 * /proc of the new PID namespace, without the reaper and the kernel's command line; terminals of
 * the new mount namespace. The kernel's knobs are not for a root user: hide_from_root().
 */
static void private_mounts(void)
{
	must(STEP_PROC, raw5(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
				"hidepid=invisible"));
	must(STEP_PROC, raw5(SYS_mount, "/dev/null", "/proc/cmdline", 0, MS_BIND, 0));
	must(STEP_PTS, raw5(SYS_mount, "devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
			       "newinstance,ptmxmode=0666,mode=620"));
}

static void hide_from_root(void)
{
	raw5(SYS_mount, "/dev/null", "/proc/exitcode", 0, MS_BIND, 0);
	must(STEP_PROC, raw5(SYS_mount, "/proc/sys", "/proc/sys", 0, MS_BIND, 0));
	must(STEP_PROC,
		raw5(SYS_mount, 0, "/proc/sys", 0,
			MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
}

/* What of the namespaces the job decides. */
static void fit_namespaces(void)
{
	must(STEP_HOSTNAME,
		raw2(SYS_sethostname, guest.config.hostname.p, guest.config.hostname.n));
	if (guest.user.uid == 0)
		hide_from_root();
}

/* A session of its own; nothing that needs to know of a job. */
static void leave_init(void)
{
	raw0(SYS_setsid);
	raw1(SYS_umask, 022);
	raw3(SYS_setpriority, PRIO_PROCESS, 0, 0);
}

static void set_filter(void)
{
	must(STEP_FILTER, raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter_get()));
}

static noreturn void enter_and_exec(bool is_there)
{
	if (!is_there)
		must(STEP_CWD, raw1(SYS_chdir, program.cwd));
	guest.stamp_exec = stamp();
	leave(STEP_EXEC, search_and_exec(guest.config.argv, guest.config.env));
}

static void program_main(void *arg)
{
	(void)arg;
	leave_init();
	await(&program.stage, STAGE_RUN);
	fit_namespaces();
	set_stdio(0, -1, -1);
	drop_rights();
	set_filter();
	enter_and_exec(false);
}

/*
 * In a template: all that can be done for a job that is like most. One that is not gets a process
 * of its own, and this one ends.
 */
static void ready_main(void *arg)
{
	(void)arg;
	leave_init();
	set_stdio(1, guest.late_stdin[0], -1);
	must(STEP_STDIO, raw3(SYS_fcntl, LATE_STDIN, F_SETFD, FD_CLOEXEC));
	drop_rights();
	set_filter();
	bool is_there = raw1(SYS_chdir, program.usual_cwd) == 0;
	program.ready = true;
	wake(&program.prepared, 1);
	await(&program.stage, STAGE_RUN);
	if (!program.ready_wanted)
		for (;;)
			raw1(SYS_exit_group, 0);
	if (guest.config.standard_input.n > 0)
		must(STEP_STDIO, raw3(SYS_dup3, LATE_STDIN, 0, 0));
	enter_and_exec(is_there && span_equal(guest.config.cwd, guest.usual.cwd));
}

/* Without a job there is nothing to report: it is as if it had never been. */
static void live_main(void *arg)
{
	static char *no_env[] = { NULL };

	(void)arg;
	leave_init();
	set_stdio(2, guest.live_pipe[0][1], guest.live_pipe[1][0]);
	drop_rights();
	raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter_get());
	search_and_exec(guest.live_argv, no_env);
	for (;;)
		raw1(SYS_exit_group, 127);
}

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	long fd = raw3(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(STEP_NET, fd);
	must(STEP_NET, raw3(SYS_ioctl, fd, SIOCSIFFLAGS, &lo));
	raw1(SYS_close, fd);
}

void program_close_pipes(void)
{
	if (program.closed)
		return;
	program.closed = 1;
	raw1(SYS_close, guest.out_pipe[0][1]);
	raw1(SYS_close, guest.out_pipe[1][1]);
}

static long start_program(void (*run)(void *arg))
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)program_stack,
		.stack_size = sizeof program_stack,
		.cgroup = (unsigned)guest.cgroup_fd,
	};

	return raw_clone(&args, run, NULL);
}

/* Tells the live program what to do. Returns its pid. */
static long hand_over_job(void)
{
	struct span rest = program.job;

	guest.stamp_exec = stamp();
	while (rest.n > 0) {
		long n = raw3(SYS_write, guest.live_pipe[1][1], rest.p, rest.n);
		if (n < 0 && n != -EINTR)
			return n;
		rest = span_skip(rest, n > 0 ? (size_t)n : 0);
	}
	raw1(SYS_close, guest.live_pipe[1][1]);
	return program.live_pid;
}

/* Who is it to be? Known with the job. */
static long live_or_program(void)
{
	await(&program.stage, STAGE_RUN);
	if (!program.live_wanted) {
		raw2(SYS_kill, program.live_pid, SIGKILL);
		return start_program(program_main);
	}
	fit_namespaces();
	return hand_over_job();
}

/* Is it as most are? Known with the job. */
static long ready_or_program(void)
{
	int status;

	must(STEP_HOSTNAME, raw2(SYS_sethostname, guest.usual.hostname.p, guest.usual.hostname.n));
	long pid = start_program(ready_main);
	if (pid < 0 || program.ready_wanted)
		return pid;
	while (raw4(SYS_wait4, pid, &status, __WALL, 0) == -EINTR)
		continue;
	/* What it could not become, the job does not need. */
	program.failed = STEP_NONE;
	return start_program(program_main);
}

/*
 * The program's process waits for the job, not the reaper, which waits for its exec (vfork): so a
 * clone finds it there.
 */
static long start_job(void)
{
	if (program.live_pid <= 0 && program.early)
		return ready_or_program();
	wake(&program.prepared, 1);
	return program.live_pid > 0 ? live_or_program() : start_program(program_main);
}

static void reaper_main(void *arg)
{
	int status = 0;

	(void)arg;
	await(&program.stage, STAGE_PREPARE);
	private_mounts();
	loopback_up();
	must(STEP_STDIO, raw1(SYS_chdir, "/"));
	/* What nothing that the reaper starts can ever have again. */
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
		raw2(SYS_prctl, PR_CAPBSET_DROP, cap);
	if (guest.live_argv)
		program.live_pid = start_program(live_main);
	long pid = start_job();
	must(STEP_START, pid);
	program_close_pipes();

	for (;;) {
		long r = raw4(SYS_wait4, -1, &status, __WALL, 0);
		if (r == pid)
			break;
		if (r < 0 && r != -EINTR)
			leave(STEP_WAIT, r);
	}
	program.status = status;
	__atomic_store_n(&program.ended, 1, __ATOMIC_RELEASE);
	for (;;)
		raw1(SYS_exit_group, 0);
}

long program_start(int *ret_pidfd)
{
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWPID |
			 CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP,
		.pidfd = (uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
		.stack = (uintptr_t)reaper_stack,
		.stack_size = sizeof reaper_stack,
	};

	return raw_clone(&args, reaper_main, NULL);
}

void program_release(enum program_stage stage)
{
	wake(&program.stage, (int)stage);
}

void program_await_reaper(void)
{
	await(&program.prepared, 1);
}
