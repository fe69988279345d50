/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "namespaces.h"
#include "sys/io.h"

static const char prefix[] = "program-explorer-";

/* A controller, where its version 1 lives, and the files that bound it. */
static const struct controller {
	const char *name;
	const char *mount_v1, *limit_v1, *limit_v2;
} controllers[] = {
	{ "memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max" },
	{ "pids", "/sys/fs/cgroup/pids", "pids.max", "pids.max" },
};

/* Keeper, kernel, and what the kernel has started. */
enum { FAMILY_DEPTH = 8 };

enum { CONTROLLERS = sizeof controllers / sizeof *controllers };

/* Our own group in the hierarchy whose line in /proc/self/cgroup has @key between its colons. */
static bool own_group(const char *key, char *path, size_t n)
{
	char text[8192];
	cleanup_fd int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : io_read(fd, text, sizeof text);

	struct span rest = { text, got > 0 ? (size_t)got : 0 }, line, word;
	while (span_cut(&rest, '\n', &line)) {
		span_cut(&line, ':', &word);
		word = (struct span){ line.p, 0 };
		if (line.n > 0 && line.p[0] == ':')
			line = span_skip(line, 1);
		else
			span_cut(&line, ':', &word);
		if (span_equal(word, span_of(key)) && line.n < n) {
			memcpy(path, line.p, line.n);
			path[line.n] = '\0';
			return true;
		}
	}
	return false;
}

static bool write_text(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", dir, file);
	cleanup_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && io_write(fd, text, strlen(text)) == 0;
}

/* The directory under which groups of controller @c can be made; false when there is none. */
static bool find_parent(const struct controller *c, char *dir, size_t n, bool *ret_v2)
{
	char own[160];

	*ret_v2 = false;
	if (own_group(c->name, own, sizeof own)) {
		snprintf(dir, n, "%s%s", c->mount_v1, strcmp(own, "/") == 0 ? "" : own);
		return access(dir, W_OK) == 0;
	}
	/* A group with processes in it may not hand out controllers: a delegated parent must. */
	*ret_v2 = true;
	if (!own_group("", own, sizeof own))
		return false;
	char *slash = strrchr(own, '/');
	if (!slash)
		return false;
	*slash = '\0';
	snprintf(dir, n, "/sys/fs/cgroup%s", own);

	char file[256], enabled[256] = " ";
	snprintf(file, sizeof file, "%s/cgroup.subtree_control", dir);
	cleanup_fd int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : io_read(fd, enabled, sizeof enabled - 1);
	if (got <= 0 || access(dir, W_OK) < 0)
		return false;
	enabled[got] = '\0';
	return strstr(enabled, c->name) != NULL;
}

/* Groups of callers that were killed before they could tidy up: the name says the caller's thread
 * id, and which of its groups it is. */
static void sweep(const char *parent)
{
	DIR *d = opendir(parent);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[PATH_MAX];
		uint64_t id;

		if (strncmp(e->d_name, prefix, sizeof prefix - 1) != 0)
			continue;
		struct span rest = span_of(e->d_name + sizeof prefix - 1), owner;
		if (!span_cut(&rest, '-', &owner) || parse_u64(owner, INT32_MAX, &id) < 0 ||
			kill((pid_t)id, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof path, "%s/%s", parent, e->d_name);
		rmdir(path);
	}
	if (d)
		closedir(d);
}

/* Makes the group of controller @i below @parent with its limit; c->paths[i] stays "" when that
 * fails. */
static bool make_group(struct cgroup *c, int i, const char *parent, bool v2)
{
	char text[32];
	sweep(parent);
	snprintf(
		c->paths[i], sizeof c->paths[i], "%s/%s%d-%u", parent, prefix, c->owner, c->number);
	snprintf(text, sizeof text, "%llu",
		(unsigned long long)(i == 0 ? c->memory_bytes : c->tasks));
	if ((mkdir(c->paths[i], 0755) == 0 || errno == EEXIST) &&
		write_text(
			c->paths[i], v2 ? controllers[i].limit_v2 : controllers[i].limit_v1, text))
		return true;
	c->paths[i][0] = '\0';
	return false;
}

void cgroup_init(struct cgroup *c, uint64_t memory_bytes, uint64_t tasks)
{
	static _Thread_local unsigned groups;

	*c = (struct cgroup){ .birth_fd = -1,
		.memory_bytes = memory_bytes,
		.tasks = tasks,
		.owner = gettid(),
		.number = groups++ };
}

void cgroup_open(struct cgroup *c, uint64_t memory_bytes, uint64_t tasks)
{
	char parent[200];
	bool v2;

	cgroup_init(c, memory_bytes, tasks);
	for (int i = 0; i < CONTROLLERS; i++)
		if (find_parent(&controllers[i], parent, sizeof parent, &v2) && v2)
			make_group(c, i, parent, v2);
	if (c->paths[0][0])
		c->birth_fd = open(c->paths[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Moves @pid and what descends from it. A process first, then its children: those it has from then
 * on are born inside. */
static void move_family(const char *group, int pid, int depth)
{
	char path[64], text[4096];

	snprintf(text, sizeof text, "%d", pid);
	write_text(group, "cgroup.procs", text);
	snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, sizeof text - 1);

	struct span rest = { text, n > 0 ? (size_t)n : 0 }, child;
	while (span_cut(&rest, ' ', &child)) {
		uint64_t id;
		if (depth > 0 && parse_u64(child, INT32_MAX, &id) == 0)
			move_family(group, (int)id, depth - 1);
	}
}

void cgroup_enclose(struct cgroup *c, int pid)
{
	char parent[200];
	bool v2;

	/* With a user of its own RLIMIT_NPROC bounds the jail's tasks already: one move less. */
	int n = namespaces_own_ids() ? 1 : CONTROLLERS;

	for (int i = 0; i < n; i++)
		if (find_parent(&controllers[i], parent, sizeof parent, &v2) && !v2 &&
			make_group(c, i, parent, v2))
			move_family(c->paths[i], pid, FAMILY_DEPTH);
}

void cgroup_adopt(struct cgroup *c, int pid)
{
	char parent[200];
	bool v2;

	for (int i = 0; i < CONTROLLERS; i++)
		if (find_parent(&controllers[i], parent, sizeof parent, &v2) &&
			make_group(c, i, parent, v2))
			move_family(c->paths[i], pid, FAMILY_DEPTH);
}

void cgroup_done(struct cgroup *c)
{
	if (c->birth_fd >= 0)
		close(c->birth_fd);
	c->birth_fd = -1;
	for (int i = 0; i < CONTROLLERS; i++) {
		if (c->paths[i][0])
			rmdir(c->paths[i]);
		c->paths[i][0] = '\0';
	}
}

bool cgroup_probe(char *why, unsigned n)
{
	for (int i = 0; i < CONTROLLERS; i++) {
		char parent[200];
		bool v2;

		if (!find_parent(&controllers[i], parent, sizeof parent, &v2)) {
			snprintf(why, n,
				"no writable group with the %s controller (systemd-run --user "
				"--scope -p Delegate=yes "
				"gives one)",
				controllers[i].name);
			return false;
		}
	}
	return true;
}
