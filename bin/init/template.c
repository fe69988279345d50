/* SPDX-License-Identifier: MIT */
/*
 * A VM that becomes a template has done all that does not depend on a job when it waits here: the
 * image is mounted, the root in place, the program's namespaces are there. The kernel forks it from
 * within read(); see doc/fork.md.
 */
#include "program.h"
#include "warm.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/parse.h"

bool template_wanted(int argc, char **argv)
{
	bool wanted = false;

	for (int i = 1; i < argc; i++) {
		struct span rest = span_of(argv[i]), key;

		span_cut(&rest, '=', &key);
		if (span_equal(key, SPAN_LITERAL("template")))
			wanted = true;
		else if (span_equal(key, SPAN_LITERAL("data_disks")))
			parse_u64(rest, DATA_DISKS_MAX, &guest.config.data_disks);
	}
	return wanted;
}

void template_prepare(void)
{
	if (guest.config.timeout_ms) {
		program.usual_cwd = memory_string(guest.config.cwd);
		root_fit();
		cgroup_limit();
		guest.usual = guest.config;
	}
	disks_open();
	user_resolve();
	guest.usual_user = guest.user;
}

void template_wait(void)
{
	char byte;

	program_await_reaper();
	if (program.ready)
		program_close_pipes();
	live_await();
	user_own_files();
	/* The job's is yet to be found. */
	guest.user = (struct user){ 0 };
	warm_cache();
	cgroup_times(&guest.user_before, &guest.system_before);
	/* Stays open: to close it would be a clone's first call. */
	int fd = openat(guest.proc_fd, "template", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) < 0)
		die("become a template: %s", strerror(errno));
	guest.stamp_start = stamp();
}
