/* SPDX-License-Identifier: MIT */
#include "init.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct guest guest = { .outcome = OUTCOME_LOST };

int main(void)
{
	guest.stamp_start = stamp();
	umask(0);
	setpriority(PRIO_PROCESS, 0, -20);
	prctl(PR_SET_DUMPABLE, 0);

	console_open();
	input_read();
	root_build();
	user_resolve();
	input_unpack();
	cgroup_build();
	program_run();
	output_pack();
}
