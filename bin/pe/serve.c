/* SPDX-License-Identifier: MIT */
/*
 * pe serve is a program of its own, pe-serve: the HTTP library is there as a shared one only, with
 * a TLS library behind it, and a pe that had to load them would start each run some ten
 * milliseconds later.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pe.h"

int cmd_serve(int argc, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX + 8];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	(void)argc;
	if (n < 0) {
		pe_say("serve: cannot find out where pe itself is: %s", strerror(errno));
		return PE_EXIT_FAILURE;
	}
	self[n] = '\0';
	snprintf(path, sizeof path, "%s-serve", self);
	execv(path, argv);
	pe_say("serve: cannot start '%s', which belongs beside pe: %s", path, strerror(errno));
	return PE_EXIT_FAILURE;
}
