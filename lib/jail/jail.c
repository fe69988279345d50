/* SPDX-License-Identifier: MIT */
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cgroup.h"
#include "keeper.h"
#include "namespaces.h"
#include "sys/io.h"

enum { START_MS = 10000 };

static int make_pipe(int fds[2], struct error *err)
{
	return pipe2(fds, O_CLOEXEC) < 0 ? fail(err, -errno, "make a pipe for the jail") : 0;
}

/* clone3(2) as fork(2), with a pidfd. 0 in the child. */
static long clone_keeper(unsigned long namespaces, int cgroup_fd, int *ret_pidfd)
{
	struct clone_args args = {
		.flags = namespaces | CLONE_PIDFD | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)ret_pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = cgroup_fd >= 0 ? (unsigned)cgroup_fd : 0,
	};

	return syscall(SYS_clone3, &args, sizeof args);
}

/* The keeper says what failed, or the kernel's exec closes the pipe without a word. */
static int read_report(int fd, struct error *err)
{
	struct keeper_report report;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	/* It takes two milliseconds; whatever may hold it up must not hold up its caller for ever.
	 */
	if (poll(&p, 1, START_MS) == 0)
		return refuse(err, -ETIME, "start the jail: its first process hangs");
	ssize_t n = io_read(fd, &report, sizeof report);
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof report)
		return fail(err, -EIO, "start the jail: no report from its first process");
	report.stage[sizeof report.stage - 1] = '\0';
	if (report.error <= 0)
		report.error = EIO;
	return fail(err, -report.error, "jail: cannot %s", report.stage);
}

static void kill_and_reap(int pidfd)
{
	siginfo_t info;

	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
		continue;
}

/* From the clone to the kernel's exec, with everything that the keeper waits for. */
static int raise_jail(
	struct keeper *k, struct jail *j, int go_write, int report_read, struct error *err)
{
	int r = namespaces_map(j->pid, k->namespaces, k->host_id, err);
	if (r == 0 && write(go_write, "g", 1) != 1)
		r = fail(err, -errno, "wake the jail's first process");
	return r < 0 ? r : read_report(report_read, err);
}

int jail_start(const struct jail_spec *spec, struct jail *ret, struct error *err)
{
	int go[2], report[2];
	struct jail j = { .pidfd = -1 };

	int r = make_pipe(go, err);
	if (r < 0)
		return r;
	cleanup_fd int go_read = go[0];
	cleanup_fd int go_write = go[1];
	r = make_pipe(report, err);
	if (r < 0)
		return r;
	cleanup_fd int report_read = report[0];
	cleanup_fd int report_write = report[1];

	struct keeper k = { .spec = spec, .go_fd = go_read, .report_fd = report_write };
	r = namespaces_choose(spec->weak, &k.namespaces, &k.host_id, err);
	if (r < 0)
		return r;
	k.drop_groups = geteuid() == 0;

	if (spec->no_cgroup)
		cgroup_init(&j.cgroup, spec->address_bytes, spec->processes);
	else
		cgroup_open(&j.cgroup, spec->address_bytes, spec->processes);
	long pid = clone_keeper(k.namespaces, j.cgroup.birth_fd, &j.pidfd);
	if (pid == 0) {
		close(go_write);
		keeper_run(&k);
	}
	if (pid < 0) {
		r = fail(err, -errno,
			"jail: cannot make its namespaces ('pe doctor' tells what the host gives)");
		cgroup_done(&j.cgroup);
		return r;
	}

	j.pid = (int)pid;
	close(take_fd(report_write));
	r = raise_jail(&k, &j, go_write, report_read, err);
	if (r < 0) {
		jail_done(&j);
		return r;
	}
	*ret = j;
	return 0;
}

void jail_enclose(struct jail *j)
{
	cgroup_enclose(&j->cgroup, j->pid);
}

int jail_status(struct jail *j, int *ret_code)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)j->pidfd, &info, WEXITED | WNOHANG | __WALL) < 0)
		return -errno;
	if (info.si_pid == 0)
		return -EAGAIN;
	*ret_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	close(take_fd(j->pidfd));
	cgroup_done(&j->cgroup);
	return 0;
}

void jail_done(struct jail *j)
{
	if (j->pidfd < 0)
		return;
	kill_and_reap(j->pidfd);
	close(take_fd(j->pidfd));
	cgroup_done(&j->cgroup);
}
