/* SPDX-License-Identifier: MIT */
/* The input bundle: from disk B into memory, its config into numbers, its files into /input. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/kv.h"
#include "sys/io.h"

enum { UBD_MAJOR = 98, UBD_MINORS = 16, USUAL_MAX = 1024 };
enum { FIRST_READ = BUNDLE_BLOCK + 512 /* a small bundle, and whether there is more */ };

static const char *const disk_names[] = { [DISK_INPUT] = "input", [DISK_OUTPUT] = "output" };

void disks_prepare(void)
{
	for (enum disk d = DISK_INPUT; d <= DISK_OUTPUT; d++)
		if (mknodat(guest.dev_fd, disk_names[d], S_IFBLK | 0600,
			    makedev(UBD_MAJOR, (unsigned)d * UBD_MINORS)) < 0)
			die("mknod /dev/%s: %s", disk_names[d], strerror(errno));
}

static int disk_open(enum disk disk, int flags)
{
	int fd = openat(guest.dev_fd, disk_names[disk], flags | O_CLOEXEC);

	if (fd < 0)
		die("open /dev/%s: %s", disk_names[disk], strerror(errno));
	return fd;
}

/* Early in a template: a clone's disks come in the places of the ones that are there. */
void disks_open(void)
{
	guest.output_disk_fd = disk_open(DISK_OUTPUT, O_RDWR | O_DIRECT);
	guest.input_disk_fd = disk_open(DISK_INPUT, O_RDONLY | O_DIRECT);
}

uint64_t disk_size(int fd)
{
	uint64_t size = 0;

	return ioctl(fd, (int)BLKGETSIZE64, &size) < 0 ? 0 : size;
}

/*
 * Straight into our memory: the page cache would be a copy that nobody reads again. Most are so
 * small that they come with one call, and a read is short only at the end.
 */
static struct span disk_read(int fd)
{
	char *p = memory_get(FIRST_READ);
	ssize_t n = pread(fd, p, FIRST_READ, 0);

	if (n == FIRST_READ) {
		uint64_t size = disk_size(fd);
		p = memory_get(size);
		n = io_pread(fd, p, size, 0);
	} else if (n < 0) {
		n = -errno;
	}
	if (n < 0)
		die("read the input disk: %s", strerror((int)-n));
	return (struct span){ p, (size_t)n };
}

static char **split_strings(struct span s)
{
	size_t n = 0, i = 0;
	struct span rest = s, item;

	if (s.n > 0 && s.p[s.n - 1] != '\0')
		die("input bundle: strings do not end in NUL");
	while (span_cut(&rest, '\0', &item))
		n++;
	if (n > ARGS_MAX)
		reject("%zu arguments or environment strings, at most %d", n, ARGS_MAX);

	/* One more for HOME, one for the end. */
	char **v = memory_get((n + 2) * sizeof *v);
	for (rest = s; span_cut(&rest, '\0', &item); i++)
		v[i] = (char *)(uintptr_t)item.p;
	return v;
}

static void read_config(struct span s)
{
	struct config *c = &guest.config;
	static const struct {
		const char *key;
		size_t offset;
	} numbers[] = {
		{ "timeout_ms", offsetof(struct config, timeout_ms) },
		{ "memory_bytes", offsetof(struct config, memory_bytes) },
		{ "output_bytes", offsetof(struct config, output_bytes) },
		{ "scratch_bytes", offsetof(struct config, scratch_bytes) },
		{ "input_bytes", offsetof(struct config, input_bytes) },
		{ "pids_max", offsetof(struct config, pids_max) },
		{ "data_disks", offsetof(struct config, data_disks) },
		{ "bundle_bytes", offsetof(struct config, bundle_bytes) },
		{ "live", offsetof(struct config, live) },
		{ "record", offsetof(struct config, record) },
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (kv_get_u64(s, numbers[i].key, INT64_MAX,
			    (uint64_t *)((char *)c + numbers[i].offset)) < 0)
			die("input bundle: config has no number '%s'", numbers[i].key);
	if (!kv_get(s, "cwd", &c->cwd) || !kv_get(s, "user", &c->user) ||
		!kv_get(s, "hostname", &c->hostname))
		die("input bundle: config lacks cwd, user or hostname");
}

/* Files at the archive's root, ours. */
static void read_entry(const struct bundle_entry *e)
{
	struct config *c = &guest.config;

	if (span_equal(e->name, SPAN_LITERAL("config")))
		read_config(e->data);
	else if (span_equal(e->name, SPAN_LITERAL("argv")))
		c->argv = split_strings(e->data);
	else if (span_equal(e->name, SPAN_LITERAL("env")))
		c->env = split_strings(e->data);
	else if (span_equal(e->name, SPAN_LITERAL("stdin")))
		c->standard_input = e->data;
}

void input_read(void)
{
	struct bundle_reader r;
	struct bundle_entry e;
	struct error err;
	int n;

	if (guest.input_disk_fd <= 0)
		disks_open();
	guest.input = disk_read(guest.input_disk_fd);

	bundle_reader_init(&r, guest.input);
	while ((n = bundle_next(&r, &e, &err)) > 0)
		read_entry(&e);
	if (n < 0)
		die("input %s", err.text);
	if (!guest.config.argv || !guest.config.argv[0] || !guest.config.env ||
		!guest.config.timeout_ms)
		die("input bundle: no argv, env or config");
}

void usual_read(void)
{
	static char text[USUAL_MAX] LARGE(5);

	cleanup_fd int fd = open("/usual", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : io_read(fd, text, sizeof text);
	if (n <= 0)
		return;
	uint64_t data_disks = guest.config.data_disks;
	read_config((struct span){ text, (size_t)n });
	guest.config.data_disks = data_disks;
}

/* Directories that an archive does not name itself are made on the way. */
static void make_parents(int dir_fd, char *path)
{
	for (char *p = path; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdirat(dir_fd, path, 0755) < 0 && errno != EEXIST)
			die("make directory '%s' in /input: %s", path, strerror(errno));
		*p = '/';
	}
}

static void unpack_file(int dir_fd, char *path, const struct bundle_entry *e)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	cleanup_fd int fd = openat(dir_fd, path, flags, e->mode & 0777);

	if (fd < 0 && errno == ENOENT) {
		make_parents(dir_fd, path);
		fd = openat(dir_fd, path, flags, e->mode & 0777);
	}
	if (fd < 0 && (errno == EEXIST || errno == EISDIR || errno == ENOTDIR))
		reject("two input files are in each other's way at '%s'", path);
	if (fd < 0)
		die("create '%s' in /input: %s", path, strerror(errno));

	int r = io_write(fd, e->data.p, e->data.n);
	if (r < 0)
		die("write '%s' in /input: %s", path, strerror(-r));
}

static void unpack_entry(int dir_fd, const struct bundle_entry *e)
{
	static char path[BUNDLE_NAME_MAX + 1] LARGE(5);
	struct span name = span_skip(e->name, sizeof "dir/" - 1);

	memcpy(path, name.p, name.n);
	path[name.n] = '\0';
	if (S_ISREG(e->mode)) {
		unpack_file(dir_fd, path, e);
		return;
	}
	make_parents(dir_fd, path);
	if (mkdirat(dir_fd, path, 0700 | (e->mode & 0777)) < 0 && errno != EEXIST)
		die("make directory '%s' in /input: %s", path, strerror(errno));
}

void input_unpack(void)
{
	struct bundle_reader r;
	struct bundle_entry e;
	bool as_user = false;

	bundle_reader_init(&r, guest.input);
	while (bundle_next(&r, &e, NULL) > 0) {
		if (!span_starts(e.name, SPAN_LITERAL("dir/")))
			continue;
		/* Created as the user, so that no file needs a chown of its own. */
		if (!as_user) {
			setfsgid(guest.user.gid);
			setfsuid(guest.user.uid);
			as_user = true;
		}
		unpack_entry(guest.input_fd, &e);
	}
	if (as_user) {
		setfsuid(0);
		setfsgid(0);
	}
}
