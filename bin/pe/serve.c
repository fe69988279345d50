/* SPDX-License-Identifier: MIT */
/*
 * pe serve is a program of its own, pe-serve: the HTTP library is there as a shared one only, and a
 * pe that had to load it (and the TLS library that it brings along) would start each run a
 * millisecond and a half later.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "pe.h"

/* Beside pe, where it was built; else where it was installed. */
static const char *const places[] = { "pe-serve", "../libexec/program-explorer/pe-serve" };

int cmd_serve(int argc, char **argv)
{
	char self[PATH_MAX], path[2 * PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	(void)argc;
	if (n < 0) {
		pe_say("serve: cannot find out where pe itself is: %s", strerror(errno));
		return PE_EXIT_FAILURE;
	}
	self[n] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s/%s", self, places[i]);
		execv(path, argv);
		if (errno != ENOENT) {
			pe_say("serve: cannot start '%s': %s", path, strerror(errno));
			return PE_EXIT_FAILURE;
		}
	}
	pe_say("serve: there is no 'pe-serve' beside pe, nor in ../libexec/program-explorer");
	return PE_EXIT_FAILURE;
}
