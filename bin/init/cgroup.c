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

enum { CGROUP_TEXT = 1024 };

/* Those of the program's group that a run needs; open from the start, since a template has the time
 * for it. */
static const struct {
	const char *name;
	int flags;
} files[CGROUP_FILES] = {
	[CGROUP_MEMORY_MAX] = { "memory.max", O_WRONLY },
	[CGROUP_PIDS_MAX] = { "pids.max", O_WRONLY },
	[CGROUP_CPU] = { "cpu.stat", O_RDONLY },
	[CGROUP_MEMORY_PEAK] = { "memory.peak", O_RDONLY },
	[CGROUP_MEMORY_EVENTS] = { "memory.events", O_RDONLY },
};

static int file_fds[CGROUP_FILES];

static void write_text(int dir_fd, const char *file, const char *text)
{
	cleanup_fd int fd = openat(dir_fd, file, O_WRONLY | O_CLOEXEC);

	int r = fd < 0 ? -errno : io_write(fd, text, strlen(text));
	if (r < 0)
		die("write '%s' to cgroup file %s: %s", text, file, strerror(-r));
}

static void write_number(enum cgroup_file file, uint64_t n)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", (unsigned long long)n);
	int r = io_write(file_fds[file], text, strlen(text));
	if (r < 0)
		die("write '%s' to cgroup file %s: %s", text, files[file].name, strerror(-r));
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
	for (size_t i = 0; i < CGROUP_FILES; i++) {
		file_fds[i] = openat(fd, files[i].name, files[i].flags | O_CLOEXEC);
		if (file_fds[i] < 0)
			die("open cgroup file %s: %s", files[i].name, strerror(errno));
	}
	guest.cgroup_fd = fd;
}

void cgroup_limit(void)
{
	if (guest.config.memory_bytes != guest.usual.memory_bytes)
		write_number(CGROUP_MEMORY_MAX, guest.config.memory_bytes);
	if (guest.config.pids_max != guest.usual.pids_max)
		write_number(CGROUP_PIDS_MAX, guest.config.pids_max);
}

static uint64_t number_of(struct span text, const char *key)
{
	struct span line, word;
	uint64_t v = 0;

	while (span_cut(&text, '\n', &line)) {
		if (*key && (!span_cut(&line, ' ', &word) || !span_equal(word, span_of(key))))
			continue;
		return parse_u64(line, UINT64_MAX, &v) < 0 ? 0 : v;
	}
	return 0;
}

static struct span read_file(enum cgroup_file file, char text[CGROUP_TEXT])
{
	/* One call: these files come whole, and never are that long. */
	ssize_t n = pread(file_fds[file], text, CGROUP_TEXT, 0);

	return (struct span){ text, n > 0 ? (size_t)n : 0 };
}

uint64_t cgroup_read(enum cgroup_file file, const char *key)
{
	char text[CGROUP_TEXT];

	return number_of(read_file(file, text), key);
}

void cgroup_times(uint64_t *ret_user_us, uint64_t *ret_system_us)
{
	char text[CGROUP_TEXT];
	struct span s = read_file(CGROUP_CPU, text);

	*ret_user_us = number_of(s, "user_usec");
	*ret_system_us = number_of(s, "system_usec");
}
