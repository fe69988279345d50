/* SPDX-License-Identifier: MIT */
/* See the theory in jail.h. Everything here runs between fork and exec: no allocation, no locks. */
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "filter.h"

enum { PROGRAM_FD = JAIL_FDS_MAX, REPORT_FD, PROGRAM_STACK = 32 << 10, DESCRIPTORS_MAX = 4096 };

static noreturn void give_up(int report_fd, const char *stage)
{
	struct keeper_report report = { .error = errno };

	snprintf(report.stage, sizeof report.stage, "%s", stage);
	if (write(report_fd, &report, sizeof report) < 0)
		_exit(126);
	_exit(125);
}

/* Stage 1: die with the caller. The caller may be gone already; then the pipe is at its end. */
static void await_maps(const struct keeper *k)
{
	char go;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		give_up(k->report_fd, "set the parent-death signal");
	if (read(k->go_fd, &go, 1) != 1)
		_exit(124);
}

/* Stage 2: a user that owns nothing on this host. */
static void become_nobody(const struct keeper *k)
{
	unsigned id = k->namespaces & CLONE_NEWUSER ? (unsigned)JAIL_INNER_ID : k->host_id;

	/* Not the C library's: they would tell all threads of the caller, of which none is here. */
	if (k->drop_groups && syscall(SYS_setgroups, 0, NULL) < 0)
		give_up(k->report_fd, "drop the groups");
	/* Capabilities are kept until the mounts are done. */
	prctl(PR_SET_KEEPCAPS, 1);
	if (syscall(SYS_setresgid, id, id, id) < 0 || syscall(SYS_setresuid, id, id, id) < 0)
		give_up(k->report_fd, "become the jail's user");
	/* A change of user clears it. The caller may have died in between: then it holds its end of
	 * the pipe no more. */
	struct pollfd go = { .fd = k->go_fd };
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		give_up(k->report_fd, "set the parent-death signal");
	if (poll(&go, 1, 0) != 0)
		_exit(124);
}

static void raise_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) == 0) {
		for (int i = 0; i < 2; i++)
			data[i].effective = data[i].permitted;
		syscall(SYS_capset, &header, data);
	}
}

/* Only for kernels that open what they use by name. */
static void add_proc(const struct keeper *k)
{
	if (mkdir("proc", 0555) < 0 || mkdir("tmp", 0777) < 0 ||
		mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
		mount("tmp", "tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=777") < 0)
		give_up(k->report_fd, "mount /proc in the jail");
}

/* Stage 3: a root with nothing in it. Any directory will do to mount on. */
static void empty_root(const struct keeper *k)
{
	if (!(k->namespaces & CLONE_NEWNS))
		return;
	raise_capabilities();
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		give_up(k->report_fd, "make the mounts private");
	if (mount("jail", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		    "size=64k,nr_inodes=16,mode=755") < 0)
		give_up(k->report_fd, "mount the empty root");
	if (chdir("/tmp") < 0)
		give_up(k->report_fd, "enter the empty root");
	if (k->spec->with_proc)
		add_proc(k);
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		give_up(k->report_fd, "pivot into the empty root");
	if (umount2(".", MNT_DETACH) < 0)
		give_up(k->report_fd, "let go of the host's root");
	if (mount(NULL, "/", NULL,
		    MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		    NULL) < 0 ||
		chdir("/") < 0)
		give_up(k->report_fd, "make the empty root read-only");
}

static void set_limit(int report_fd, __rlimit_resource_t resource, rlim_t limit)
{
	struct rlimit new, old;

	if (getrlimit(resource, &old) < 0)
		give_up(report_fd, "read the limits");
	new.rlim_max = limit < old.rlim_max ? limit : old.rlim_max;
	new.rlim_cur = new.rlim_max;
	if (setrlimit(resource, &new) < 0)
		give_up(report_fd, "set the limits");
}

/* Stage 4: one CPU, bounded everything. Descriptors are bounded when they are at their places: the
 * caller's may have numbers beyond the bound. */
static void set_limits(const struct keeper *k)
{
	const struct jail_spec *s = k->spec;
	const struct {
		__rlimit_resource_t resource;
		rlim_t limit;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NPROC, s->processes },
		{ RLIMIT_FSIZE, s->address_bytes },
		{ RLIMIT_DATA, s->address_bytes },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_SIGPENDING, 4096 },
		{ RLIMIT_NICE, 0 },
		{ RLIMIT_RTPRIO, 0 },
		{ RLIMIT_CPU, s->cpu_seconds },
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
		set_limit(k->report_fd, limits[i].resource, limits[i].limit);

	if (s->cpu >= 0) {
		cpu_set_t set;
		CPU_ZERO(&set);
		CPU_SET((size_t)s->cpu, &set);
		if (sched_setaffinity(0, sizeof set, &set) < 0)
			give_up(k->report_fd, "pin to one CPU");
	}
}

/* Stage 5: no capability, none to be had. */
static void drop_capabilities(const struct keeper *k)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) < 0 && errno != EPERM)
			give_up(k->report_fd, "drop the bounding set");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) < 0)
		give_up(k->report_fd, "drop the capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		give_up(k->report_fd, "set no_new_privs");
}

/* Stage 6: the program's descriptors at their places, nothing else. In two moves, so that none is
 * overwritten. */
static void place_fds(const struct keeper *k)
{
	const struct jail_spec *s = k->spec;
	int high[JAIL_FDS_MAX];

	for (size_t i = 0; i < s->n_fds; i++) {
		high[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, REPORT_FD + 1);
		if (high[i] < 0)
			give_up(k->report_fd, "place the descriptors");
	}
	int program = fcntl(s->program_fd, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	int report = fcntl(k->report_fd, F_DUPFD_CLOEXEC, REPORT_FD + 1);
	if (program < 0 || report < 0)
		give_up(k->report_fd, "place the descriptors");

	for (size_t i = 0; i < s->n_fds; i++)
		if (dup3(high[i], (int)i, 0) < 0)
			give_up(report, "place the descriptors");
	if (dup3(program, PROGRAM_FD, O_CLOEXEC) < 0 || dup3(report, REPORT_FD, O_CLOEXEC) < 0)
		give_up(report, "place the descriptors");
	syscall(SYS_close_range, s->n_fds, PROGRAM_FD - 1, 0);
	syscall(SYS_close_range, REPORT_FD + 1, ~0u, 0);
	set_limit(REPORT_FD, RLIMIT_NOFILE, DESCRIPTORS_MAX);
}

static void load_filter(const struct filter *f, const char *stage)
{
	struct sock_fprog program = { .len = (unsigned short)f->n,
		.filter = (struct sock_filter *)(uintptr_t)f->code };

	if (f->n > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		give_up(REPORT_FD, stage);
}

/* Stage 7: the kernel, under its start-up filter; it narrows that itself once it is up. */
static int program_main(void *arg)
{
	const struct keeper *k = arg;
	/* Restartable sequences, of which the kernel has none, make each switch to it longer. */
	static const char *const env[] = { "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL };
	static const char *const proc_env[] = { "HOME=/tmp", "TMPDIR=/tmp", NULL };

	load_filter(&filter_startup, "load the start-up filter");
	syscall(SYS_execveat, PROGRAM_FD, "", k->spec->argv, k->spec->with_proc ? proc_env : env,
		AT_EMPTY_PATH);
	give_up(REPORT_FD, "execute the guest kernel");
}

static pid_t start_program(const struct keeper *k)
{
	static char stack[PROGRAM_STACK] __attribute__((aligned(16)));

	/* vfork(2) on a stack of its own. */
	int pid = clone(program_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD,
		(void *)(uintptr_t)k);
	if (pid < 0)
		give_up(REPORT_FD, "start the guest kernel");
	return pid;
}

/* Stage 8: hold nothing, wait. */
static noreturn void keep(pid_t kernel, bool family)
{
	int status = 0, last = 0;
	pid_t r;

	syscall(SYS_close_range, 0, ~0u, 0);
	load_filter(&filter_keeper, "load the keeper's filter");
	do {
		r = waitpid(-1, &last, __WALL);
		if (r == kernel)
			status = last;
	} while ((r != kernel || family) && (r >= 0 || errno == EINTR));
	_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

/* The caller's environment may hold secrets; this copy of it serves nobody. */
static void forget_environment(void)
{
	for (char **e = environ; e && *e; e++)
		explicit_bzero(*e, strlen(*e));
}

noreturn void keeper_run(const struct keeper *k)
{
	sigset_t none;

	forget_environment();

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	await_maps(k);
	become_nobody(k);
	empty_root(k);
	set_limits(k);
	drop_capabilities(k);
	place_fds(k);
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		give_up(REPORT_FD, "set the personality");
	/* The kernel is the same user: it must not be able to trace us. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0)
		give_up(REPORT_FD, "make the jail's first process untraceable");
	keep(start_program(k), k->spec->family);
}
