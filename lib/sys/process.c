/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"

/* In the child, between fork and exec: only async-signal-safe calls. */
static void become(char *const argv[], char *const env[], int out_fd, int err_fd, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return;
	if (getppid() != parent)
		_exit(1); /* it died before we could ask to be told */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return;
	if (out_fd >= 0 && dup2(out_fd, STDOUT_FILENO) < 0)
		return;
	if (err_fd >= 0 && dup2(err_fd, STDERR_FILENO) < 0)
		return;
	if (env)
		execvpe(argv[0], argv, env);
	else
		execvp(argv[0], argv);
}

int process_start(struct process *p, char *const argv[], char *const env[], int out_fd, int err_fd)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	cleanup_fd int rd = ends[0];
	cleanup_fd int wr = ends[1];

	pid_t parent = getpid(), pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		become(argv, env, out_fd, err_fd, parent);
		int why = errno;
		_exit(io_write(wr, &why, sizeof why) < 0 ? 126 : 127);
	}
	cleanup(process_done) struct process child = { .pid = pid,
		.pidfd = (int)syscall(SYS_pidfd_open, pid, 0) };
	if (child.pidfd < 0) {
		int r = -errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return r;
	}
	close(take_fd(wr));

	/* The pipe closes at exec; what comes before that is the errno of what failed. */
	int why = 0;
	ssize_t n = io_read(rd, &why, sizeof why);
	if (n < 0)
		return (int)n;
	if (n == sizeof why)
		return -why;

	*p = child;
	child = (struct process){ .pidfd = -1 };
	return 0;
}

int process_wait(struct process *p)
{
	siginfo_t info = { 0 };

	while (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED) < 0)
		if (errno != EINTR)
			return -errno;
	close(take_fd(p->pidfd));
	return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

int process_signal(const struct process *p, int signal)
{
	return syscall(SYS_pidfd_send_signal, p->pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

void process_done(struct process *p)
{
	if (p->pidfd < 0)
		return;
	process_signal(p, SIGKILL);
	process_wait(p);
}
