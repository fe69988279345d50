/* SPDX-License-Identifier: MIT */
/* Clones, from birth to end. A clone is no child of ours: its pidfd is all we have of it. */
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "holder.h"
#include "sys/fds.h"
#include "sys/io.h"
#include "templates.h"
#include "touched.h"

enum { GONE_MS = 10000 }; /* what a killed process may take to be gone */

/* Linux 6.13; the exit status since 6.15. */
struct pidfd_info {
	uint64_t mask, cgroup;
	uint32_t ids[11]; /* the first: the process's number as we see it */
	int32_t exit_code;
};

#define PIDFD_GET_INFO  _IOWR(0xff, 11, struct pidfd_info)
#define PIDFD_INFO_PID  (1 << 0)
#define PIDFD_INFO_EXIT (1 << 3)

/* Before Linux 6.13 */
static int pid_by_proc(int pidfd)
{
	char path[40], text[512];
	struct span line, key;
	uint64_t pid;

	snprintf(path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, sizeof text);
	struct span rest = { text, n > 0 ? (size_t)n : 0 };
	while (span_cut(&rest, '\n', &line))
		if (span_cut(&line, '\t', &key) && span_equal(key, SPAN_LITERAL("Pid:")) &&
			parse_u64(line, INT32_MAX, &pid) == 0 && pid > 0)
			return (int)pid;
	return -ESRCH;
}

int clone_pid(int pidfd)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_PID };

	if (ioctl(pidfd, PIDFD_GET_INFO, &info) == 0 && info.ids[0] > 0)
		return (int)info.ids[0];
	return pid_by_proc(pidfd);
}

static bool has_ended(int pidfd, int timeout_ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n != 0;
}

int clone_status(int pidfd, int *ret_code)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_EXIT };
	int status = 0;

	if (has_ended(pidfd, 0) && ioctl(pidfd, PIDFD_GET_INFO, &info) == 0 &&
		info.mask & PIDFD_INFO_EXIT)
		status = info.exit_code;
	*ret_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

static void kill_and_await(int pidfd)
{
	if (has_ended(pidfd, 0))
		return;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	has_ended(pidfd, GONE_MS);
}

void clone_drop(struct clone *c)
{
	if (c->pidfd >= 0)
		kill_and_await(c->pidfd);
	cleanup_closep(&c->pidfd);
	cleanup_closep(&c->start_fd);
	cleanup_closep(&c->memory_fd);
	cleanup_closep(&c->console_fd);
	*c = CLONE_NONE;
}

void clone_kill(struct vm *vm)
{
	if (vm->clone_pidfd >= 0)
		kill_and_await(vm->clone_pidfd);
}

/* From one of which there is to be learnt. What it says of itself is there already, or never comes.
 */
static void learn(const struct vm *vm)
{
	struct touched_run said[TOUCHED_WRITTEN_RUNS];

	ssize_t n = recv(vm->done_fd, said, sizeof said, MSG_DONTWAIT);
	template_learn(vm->holder->template, vm->memory_fd,
		(struct span){ (const char *)said, n > 0 ? (size_t)n : 0 });
}

void clone_end(struct vm *vm)
{
	if (vm->clone_pidfd < 0)
		return;
	clone_kill(vm);
	close(take_fd(vm->clone_pidfd));
	if (vm->memory_fd >= 0 && vm->holder)
		learn(vm);
	templates_gone(vm);
}

/* What a cold VM's keeper sets before there is a kernel. */
static int set_limits(int pid, const struct vm_spec *spec, struct error *err)
{
	const struct {
		__rlimit_resource_t resource;
		rlim_t limit;
	} limits[] = {
		{ RLIMIT_NPROC, vm_host_processes(spec) },
		{ RLIMIT_CPU, spec->cpu_seconds },
	};

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit limit = { limits[i].limit, limits[i].limit };
		if (prlimit(pid, limits[i].resource, &limit, NULL) < 0)
			return fail(err, -errno, "limit a clone");
	}
	return 0;
}

int clone_start(struct clone *c, const struct vm_spec *spec, struct vm **ret, struct error *err)
{
	cleanup(clone_drop) struct clone own = *c;
	cleanup(uml_freep) struct vm *vm = uml_new();

	*c = CLONE_NONE;
	if (!vm)
		return fail(err, -ENOMEM, "start a clone");
	vm->console_fd = own.console_fd >= 0 ? take_fd(own.console_fd) : uml_console_new(err);
	if (vm->console_fd < 0)
		return vm->console_fd;
	int r = set_limits(own.pid, spec, err);
	if (r < 0)
		return r;

	const int32_t to[] = { UML_FD_OUT, UML_FD_ERR, UML_FD_DISKS + VM_INPUT_DISK,
		UML_FD_DISKS + VM_OUTPUT_DISK };
	const int fds[] = { vm->console_fd, vm->console_fd, spec->disks[VM_INPUT_DISK].fd,
		spec->disks[VM_OUTPUT_DISK].fd };
	r = fds_send(own.start_fd, to, sizeof to, fds, sizeof fds / sizeof *fds);
	if (r < 0)
		return fail(err, r, "hand a clone its disks");
	vm->clone_pid = own.pid;
	vm->clone_pidfd = take_fd(own.pidfd);
	vm->done_fd = take_fd(own.start_fd);
	vm->memory_fd = take_fd(own.memory_fd);
	*ret = take_ptr(vm);
	return 0;
}
