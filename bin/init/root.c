/* SPDX-License-Identifier: MIT */
/*
 * The program's root file system: the image, read-only, under an overlay whose upper layer is one
 * tmpfs, the scratch space, which also holds /tmp, /dev/shm and /input. /output is a tmpfs of its
 * own, since its size is the job's output limit. When all is in place the whole is moved onto / and
 * init keeps nothing of the old root but descriptors.
 */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"

static void make_dir(const char *path, mode_t mode)
{
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		die("make directory '%s': %s", path, strerror(errno));
}

static void mount_at(const char *what, const char *path, const char *type, unsigned long flags,
	const char *options)
{
	if (mount(what, path, type, flags, options) < 0)
		die("mount %s on '%s': %s",
			type   ? type
			: what ? what
			       : "again",
			path, strerror(errno));
}

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die("open '%s': %s", path, strerror(errno));
	return fd;
}

static void image_mount(void)
{
	char options[32 * 8] = "";
	size_t n = 0;

	for (unsigned i = 0; i < guest.config.data_disks && n + 32 < sizeof options; i++) {
		char path[16];

		snprintf(path, sizeof path, "/dev/data%u", i);
		mknod(path, S_IFBLK | 0600, makedev(98, (DISK_DATA + i) * 16));
		n += (size_t)snprintf(
			options + n, sizeof options - n, "%sdevice=%s", n ? "," : "", path);
	}
	make_dir("/image", 0755);
	mknod("/dev/image", S_IFBLK | 0600, makedev(98, DISK_IMAGE * 16));
	mount_at("/dev/image", "/image", "erofs", MS_RDONLY | MS_NODEV | MS_NOATIME, options);
	guest.image_fd = open_dir("/image");
}

static void scratch_mount(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} dirs[] = {
		{ "/scratch/upper", 0755 },
		{ "/scratch/work", 0755 },
		{ "/scratch/upper/dev", 0755 },
		{ "/scratch/upper/proc", 0555 },
		{ "/scratch/upper/tmp", 01777 },
		{ "/scratch/upper/input", 0755 },
		{ "/scratch/upper/output", 0755 },
		{ "/scratch/upper/etc", 0755 },
		{ "/scratch/tmp", 01777 },
		{ "/scratch/shm", 01777 },
		{ "/scratch/input", 0755 },
	};

	make_dir("/scratch", 0755);
	mount_at("scratch", "/scratch", "tmpfs", MS_NODEV | MS_NOSUID, "mode=755");
	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		make_dir(dirs[i].path, dirs[i].mode);
}

/* No resolver is reachable: what localhost is must stand in a file. */
static void hosts_make(void)
{
	guest.hosts_fd = open("/scratch/upper/etc/hosts", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (guest.hosts_fd < 0)
		die("make /etc/hosts: %s", strerror(errno));
}

static void hosts_write(void)
{
	char text[256];

	int n = snprintf(text, sizeof text,
		"127.0.0.1\tlocalhost %.*s\n::1\tlocalhost ip6-localhost\n",
		(int)guest.config.hostname.n, guest.config.hostname.p);
	int r = io_pwrite(guest.hosts_fd, text, (size_t)n, 0);
	if (r < 0 || ftruncate(guest.hosts_fd, n) < 0)
		die("write /etc/hosts: %s", strerror(r < 0 ? -r : errno));
}

static void dev_build(void)
{
	static const struct {
		const char *path;
		unsigned minor, major;
	} nodes[] = {
		{ "/root/dev/null", 3, 1 },
		{ "/root/dev/zero", 5, 1 },
		{ "/root/dev/full", 7, 1 },
		{ "/root/dev/random", 8, 1 },
		{ "/root/dev/urandom", 9, 1 },
		{ "/root/dev/tty", 0, 5 },
	};
	static const struct {
		const char *to, *path;
	} links[] = {
		{ "/proc/self/fd", "/root/dev/fd" },
		{ "/proc/self/fd/0", "/root/dev/stdin" },
		{ "/proc/self/fd/1", "/root/dev/stdout" },
		{ "/proc/self/fd/2", "/root/dev/stderr" },
		{ "pts/ptmx", "/root/dev/ptmx" },
	};

	mount_at("dev", "/root/dev", "tmpfs", MS_NOSUID | MS_NOEXEC,
		"mode=755,size=64k,nr_inodes=64");
	for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
		if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) <
			0)
			die("mknod '%s': %s", nodes[i].path, strerror(errno));
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (symlink(links[i].to, links[i].path) < 0)
			die("symlink '%s': %s", links[i].path, strerror(errno));
	make_dir("/root/dev/pts", 0755);
	make_dir("/root/dev/shm", 01777);
	mount_at("/scratch/shm", "/root/dev/shm", NULL, MS_BIND, NULL);
}

static void set_size(const char *path, uint64_t bytes)
{
	char options[64];

	snprintf(options, sizeof options, "size=%llu", (unsigned long long)bytes);
	mount_at(NULL, path, NULL, MS_REMOUNT | MS_NODEV | MS_NOSUID, options);
}

void root_fit(void)
{
	const struct config *c = &guest.config, *is = &guest.usual;

	if (c->scratch_bytes + c->input_bytes != is->scratch_bytes + is->input_bytes)
		set_size("/tmp", c->scratch_bytes + c->input_bytes);
	/* A little more than the limit, so that exactly the limit is not yet "full". */
	if (c->output_bytes != is->output_bytes)
		set_size("/output", c->output_bytes + OUTPUT_SLACK);
	if (!span_equal(c->hostname, is->hostname))
		hosts_write();
}

void root_build(void)
{
	make_dir("/proc", 0555);
	mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	guest.proc_fd = open_dir("/proc");
	make_dir("/cgroup", 0755);
	mount_at("cgroup", "/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	guest.cgroup_fd = open_dir("/cgroup");

	image_mount();
	scratch_mount();
	hosts_make();
	make_dir("/root", 0755);
	mount_at("overlay", "/root", "overlay", MS_NODEV | MS_NOSUID | MS_NOATIME,
		"lowerdir=/image,upperdir=/scratch/upper,workdir=/scratch/work");
	dev_build();
	mount_at("/scratch/tmp", "/root/tmp", NULL, MS_BIND, NULL);
	mount_at("/scratch/input", "/root/input", NULL, MS_BIND, NULL);
	mount_at("output", "/root/output", "tmpfs", MS_NODEV | MS_NOSUID,
		"mode=755,nr_inodes=65536");

	if (chdir("/root") < 0)
		die("chdir to the new root: %s", strerror(errno));
	mount_at(".", "/", NULL, MS_MOVE, NULL);
	if (chroot(".") < 0 || chdir("/") < 0)
		die("change to the new root: %s", strerror(errno));
	guest.input_fd = open_dir("/input");
	guest.output_fd = open_dir("/output");
}
