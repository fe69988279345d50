/* SPDX-License-Identifier: MIT */
/* The program's cgroup: how much memory and how many tasks it may have, and what it used. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "sys/io.h"

static void write_text(int dir_fd, const char *file, const char *text)
{
	cleanup_fd int fd = openat(dir_fd, file, O_WRONLY | O_CLOEXEC);

	int r = fd < 0 ? -errno : io_write(fd, text, strlen(text));
	if (r < 0)
		die("write '%s' to cgroup file %s: %s", text, file, strerror(-r));
}

static void write_number(int dir_fd, const char *file, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	write_text(dir_fd, file, text);
}

void cgroup_build(void)
{
	cleanup_fd int root_fd = guest.cgroup_fd;

	write_text(root_fd, "cgroup.subtree_control", "+memory +pids");
	if (mkdirat(root_fd, "program", 0755) < 0)
		die("make the program's cgroup: %s", strerror(errno));
	int fd = openat(root_fd, "program", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die("open the program's cgroup: %s", strerror(errno));

	write_text(fd, "memory.oom.group", "1");
	guest.cgroup_fd = fd;
}

void cgroup_limit(void)
{
	write_number(guest.cgroup_fd, "memory.max", guest.config.memory_bytes);
	write_number(guest.cgroup_fd, "pids.max", guest.config.pids_max);
}

uint64_t cgroup_read(const char *file, const char *key)
{
	char text[1024];
	uint64_t v = 0;

	cleanup_fd int fd = openat(guest.cgroup_fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, sizeof text);
	if (n <= 0)
		return 0;

	struct span rest = { text, (size_t)n }, line, word;
	while (span_cut(&rest, '\n', &line)) {
		if (*key && (!span_cut(&line, ' ', &word) || !span_equal(word, span_of(key))))
			continue;
		return parse_u64(line, UINT64_MAX, &v) < 0 ? 0 : v;
	}
	return 0;
}
