/* SPDX-License-Identifier: MIT */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "keeper.h"
#include "sys/io.h"

/* Far from people, services and the ranges of subuid(5); plus a process id and a number of its
 * jails, so that no two jails share one. */
enum { OWN_ID_BASE = 0x70000000, OWN_ID_RANGE = 1 << 28, PID_BITS = 22 };

#define ALL_NAMESPACES                                                                             \
	((unsigned long)(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET |               \
			 CLONE_NEWIPC | CLONE_NEWUTS))

int namespaces_try(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return -errno;
	while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return 0;
}

/* Every namespace that can be had together with those before it. */
static unsigned long namespaces_to_be_had(void)
{
	static const unsigned long each[] = { CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNS,
		CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS };
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof each / sizeof *each; i++)
		if (namespaces_try(flags | each[i]) == 0)
			flags |= each[i];
	return flags;
}

bool namespaces_own_ids(void)
{
	uint64_t fields[3] = { 1, 0, 0 }; /* first id inside, first id outside, count */
	char text[256];
	struct span line, word;

	if (geteuid() != 0)
		return false;
	cleanup_fd int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, sizeof text);

	struct span rest = { text, n > 0 ? (size_t)n : 0 };
	if (!span_cut(&rest, '\n', &line))
		return false;
	for (size_t i = 0; i < 3 && span_cut(&line, ' ', &word);)
		if (word.n > 0 && parse_u64(word, UINT32_MAX, &fields[i++]) < 0)
			return false;
	return fields[0] == 0 && fields[2] >= (unsigned)OWN_ID_BASE + OWN_ID_RANGE;
}

static unsigned own_id(void)
{
	static _Thread_local unsigned jails;

	return (unsigned)OWN_ID_BASE +
	       (((jails++ << PID_BITS) | (unsigned)gettid()) & (OWN_ID_RANGE - 1));
}

int namespaces_choose(bool weak, unsigned long *ret_flags, unsigned *ret_host_id, struct error *err)
{
	bool own = namespaces_own_ids();

	if (!own && !weak && geteuid() == 0)
		return refuse(err, -EPERM,
			"jail: root of a container without user ids to give away; run pe as an "
			"ordinary user, or "
			"with --allow-weak-jail ('pe doctor' tells more)");
	*ret_host_id = own ? own_id() : geteuid();
	*ret_flags = weak ? namespaces_to_be_had() : ALL_NAMESPACES;
	return 0;
}

static int write_file(int pid, const char *file, const char *text, struct error *err)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "jail: open '%s'", path);
	int r = io_write(fd, text, strlen(text));
	return r < 0 ? fail(err, r, "jail: write '%s' to '%s'", text, path) : 0;
}

int namespaces_map(int pid, unsigned long flags, unsigned host_id, struct error *err)
{
	char map[64];

	if (!(flags & CLONE_NEWUSER))
		return 0;
	int r = 0;
	if (geteuid() != 0)
		r = write_file(pid, "setgroups", "deny", err);
	snprintf(map, sizeof map, "%d %u 1", JAIL_INNER_ID, host_id);
	if (r == 0)
		r = write_file(pid, "uid_map", map, err);
	if (r == 0 && geteuid() != 0)
		snprintf(map, sizeof map, "%d %u 1", JAIL_INNER_ID, getegid());
	return r < 0 ? r : write_file(pid, "gid_map", map, err);
}
