/* SPDX-License-Identifier: MIT */
#include "warm.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct guest guest = { .outcome = OUTCOME_LOST };

int main(int argc, char **argv)
{
	bool template = template_wanted(argc, argv);

	guest.stamp_start = stamp();
	umask(0);
	setpriority(PRIO_PROCESS, 0, -20);
	prctl(PR_SET_DUMPABLE, 0);

	console_open();
	disks_prepare();
	if (template) {
		warm_load();
		live_load();
		usual_read();
	} else {
		input_read();
	}
	root_build();
	cgroup_build();
	if (template)
		template_prepare();
	program_prepare(template);
	if (template) {
		template_wait();
		input_read();
	}
	root_fit();
	user_resolve();
	user_own_files();
	input_unpack();
	cgroup_limit();
	program_run();
	output_pack();
}
