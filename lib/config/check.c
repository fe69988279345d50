/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "base/parse.h"
#include "network.h"

enum { WORDS_MAX = 4 };

static const char *const words[][WORDS_MAX + 1] = {
	[CONFIG_CHECK_FORMAT] = { [LOG_LOGFMT] = "logfmt", [LOG_JSON] = "json" },
	[CONFIG_CHECK_LEVEL] = { [LOG_ERROR] = "error",
		[LOG_WARNING] = "warning",
		[LOG_INFO] = "info",
		[LOG_DEBUG] = "debug" },
};

int config_word(enum config_check check, const char *text, struct error *err)
{
	char all[64] = "";
	size_t n = 0;

	for (int i = 0; words[check][i]; i++) {
		if (strcmp(words[check][i], text) == 0)
			return i;
		n += (size_t)snprintf(
			all + n, sizeof all - n, "%s%s", i ? ", " : "", words[check][i]);
	}
	return refuse(err, -EINVAL, "'%.100s' is none of %s", text, all);
}

const char *config_word_text(enum config_check check, unsigned n)
{
	unsigned last = 0;

	while (words[check][last + 1])
		last++;
	return words[check][n < last ? n : last];
}

static int refuse_cpus(const char *text, struct error *err)
{
	return refuse(err, -EINVAL, "'%.100s' is no list of CPUs such as 0-3,6", text);
}

int config_parse_cpus(const char *text, bool *ret, size_t max, struct error *err)
{
	struct span rest = span_of(text), range, first;

	while (span_cut(&rest, ',', &range)) {
		uint64_t a, b;

		if (!span_cut(&range, '-', &first) || parse_u64(first, max - 1, &a) < 0)
			return refuse_cpus(text, err);
		b = a;
		if (range.n > 0 && (parse_u64(range, max - 1, &b) < 0 || b < a))
			return refuse_cpus(text, err);
		for (; ret && a <= b; a++)
			ret[a] = true;
	}
	return 0;
}

/* scheme://host[:port], and a path where it may have one; nothing that would leave a header or a
 * page. */
static int check_url(const char *text, bool path, struct error *err)
{
	const char *rest = strstr(text, "://");
	size_t scheme = rest ? (size_t)(rest - text) : 0;
	bool http = (scheme == 4 && memcmp(text, "http", 4) == 0) ||
		    (scheme == 5 && memcmp(text, "https", 5) == 0);

	if (!http || rest[3] == '\0' || rest[3] == '/' || strpbrk(text, " \t\r\n\"'<>?#\\") ||
		(!path && strchr(rest + 3, '/')))
		return refuse(err, -EINVAL, "'%.100s' is no %s: http:// or https://, a host%s",
			text, path ? "address of a site" : "origin", path ? "" : ", no path");
	return 0;
}

static int check_path(const char *text, struct error *err)
{
	if (strpbrk(text, "\n\r"))
		return refuse(err, -EINVAL, "a path has a newline");
	return 0;
}

int config_check(enum config_check check, const char *text, struct error *err)
{
	struct address address;
	struct network network;

	switch (check) {
	case CONFIG_CHECK_ADDRESS:
		return address_parse(text, &address, err);
	case CONFIG_CHECK_NETWORK:
		return network_parse(text, &network, err);
	case CONFIG_CHECK_URL:
		return *text ? check_url(text, true, err) : 0;
	case CONFIG_CHECK_ORIGIN:
		return strcmp(text, "*") == 0 ? 0 : check_url(text, false, err);
	case CONFIG_CHECK_CPUS:
		return config_parse_cpus(text, NULL, CPU_SETSIZE, err);
	case CONFIG_CHECK_PATH:
		return check_path(text, err);
	case CONFIG_CHECK_FORMAT:
	case CONFIG_CHECK_LEVEL:
	case CONFIG_CHECK_NONE:
		break;
	}
	return 0;
}
