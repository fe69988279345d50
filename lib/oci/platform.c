/* SPDX-License-Identifier: MIT */
#include "platform.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/span.h"

static const struct {
	const char *machine, *name;
} names[] = {
	{ "x86_64", "amd64" },
	{ "aarch64", "arm64" },
	{ "armv7l", "arm/v7" },
	{ "armv6l", "arm/v6" },
	{ "i686", "386" },
	{ "ppc64le", "ppc64le" },
	{ "s390x", "s390x" },
	{ "riscv64", "riscv64" },
	{ "loongarch64", "loong64" },
};

char *platform_host(char *buf, size_t n)
{
	struct utsname u = { 0 };

	uname(&u);
	snprintf(buf, n, "linux/%.60s", u.machine);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(u.machine, names[i].machine) == 0)
			snprintf(buf, n, "linux/%s", names[i].name);
	return buf;
}

bool platform_valid(const char *s)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	struct span rest = span_of(s), part;
	size_t parts = 0;

	while (span_cut(&rest, '/', &part)) {
		if (part.n == 0 || part.n > 32)
			return false;
		for (size_t i = 0; i < part.n; i++)
			if (!strchr(allowed, part.p[i]))
				return false;
		parts++;
	}
	return (parts == 2 || parts == 3) && s[strlen(s) - 1] != '/';
}

int platform_match(const char *is, const char *wanted)
{
	struct span a = span_of(is), b = span_of(wanted), x, y;

	if (strcmp(is, wanted) == 0)
		return 2;
	for (int i = 0; i < 2; i++)
		if (!span_cut(&a, '/', &x) || !span_cut(&b, '/', &y) || !span_equal(x, y))
			return 0;
	return a.n == 0 || b.n == 0;
}
