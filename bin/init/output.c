/* SPDX-License-Identifier: MIT */
/*
 * The output bundle: stdout, stderr, what is in /output, what had to be left out, and how it ended,
 * onto disk C. Nothing of the program runs any more, so nothing changes under the walk. "exit"
 * comes last: only then is all of it known.
 */
#include "warm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/warm.h"

enum {
	BUFFER = 1 << 20,
	SKIPPED_ROOM = 65536,
	DENTS_ROOM = 1024,
	DENT_MAX = 288,
	EXIT_ROOM = 4096,
	OWN_LAST = 3
};

/* What every job writes lies together: the beginning of the name, the variables, the beginning of
 * the buffer. */
struct packer {
	char name[BUNDLE_NAME_MAX + 1]; /* "dir/..." of the entry at hand */
	struct bundle_writer w;
	size_t skipped_n;
	uint64_t skipped_more; /* entries that did not fit in there */
	uint64_t budget;       /* bytes of contents that may still come */
	bool over;             /* something was left out for its size */
	char buffer[BUFFER] __attribute__((aligned(BUNDLE_BLOCK)));
	char skipped[SKIPPED_ROOM]; /* "reason NAME\0..." */
};

static struct packer packer LARGE(4);

static noreturn void power_off(void)
{
	for (;;)
		reboot(RB_POWER_OFF);
}

static void skip(struct packer *p, const char *reason)
{
	size_t room = sizeof p->skipped - p->skipped_n;
	int n = snprintf(
		p->skipped + p->skipped_n, room, "%s %s", reason, p->name + sizeof "dir/" - 1);

	if (n < 0 || (size_t)n >= room)
		p->skipped_more++;
	else
		p->skipped_n += (size_t)n + 1;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return "symlink";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	default:
		return "device";
	}
}

/* -EFBIG is what the program did; anything else is the disk, and the host's clock ends us. */
static void added(struct packer *p, int r)
{
	if (r == -EFBIG) {
		p->over = true;
		skip(p, "too_large");
	} else if (r < 0) {
		power_off();
	}
}

/*
 * How much of a file of @size bytes comes back. What goes beyond the limit is cut, unless the file
 * is a hole: more than /output can hold.
 */
static uint64_t allowed_size(struct packer *p, uint64_t size)
{
	if (size <= p->budget)
		return size;
	p->over = true;
	if (p->budget == 0 || size > guest.config.output_bytes + OUTPUT_SLACK) {
		skip(p, "too_large");
		return 0;
	}
	skip(p, "truncated");
	return p->budget;
}

static void pack_file(
	struct packer *p, size_t name_n, int dir_fd, const char *leaf, const struct stat *st)
{
	cleanup_fd int fd = openat(dir_fd, leaf, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);

	if (fd < 0) {
		skip(p, "unreadable");
		return;
	}
	uint64_t n = allowed_size(p, (uint64_t)st->st_size);
	if (n == 0 && st->st_size > 0)
		return;
	added(p, bundle_add_fd(&p->w, (struct span){ p->name, name_n }, st->st_mode, fd, n));
	p->budget -= n;
}

static void pack_dir(struct packer *p, size_t name_n, int dir_fd);

static void pack_entry(struct packer *p, size_t name_n, int dir_fd, const char *leaf)
{
	struct stat st;

	if (fstatat(dir_fd, leaf, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		skip(p, "unreadable");
	} else if (S_ISREG(st.st_mode)) {
		pack_file(p, name_n, dir_fd, leaf, &st);
	} else if (S_ISDIR(st.st_mode)) {
		added(p, bundle_add_dir(&p->w, (struct span){ p->name, name_n }, st.st_mode));
		cleanup_fd int fd =
			openat(dir_fd, leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			skip(p, "unreadable");
		else
			pack_dir(p, name_n, fd);
	} else {
		skip(p, kind_of(st.st_mode));
	}
}

struct dent {
	uint64_t ino, offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* The entries of @dir_fd, whose own name is the first @name_n bytes of p->name. Depth is bounded by
 * the name's length. */
static void pack_dir(struct packer *p, size_t name_n, int dir_fd)
{
	char dents[DENTS_ROOM] __attribute__((aligned(8)));
	long n;

	do {
		n = syscall(SYS_getdents64, dir_fd, dents, sizeof dents);
		for (long at = 0; at < n;) {
			struct dent *d = (struct dent *)(void *)(dents + at);
			size_t leaf_n = strlen(d->name);

			at += d->size;
			if (strcmp(d->name, ".") == 0 || strcmp(d->name, "..") == 0)
				continue;
			if (name_n + 1 + leaf_n > BUNDLE_NAME_MAX) {
				p->name[name_n] = '\0';
				skip(p, "name_too_long");
				continue;
			}
			p->name[name_n] = '/';
			memcpy(p->name + name_n + 1, d->name, leaf_n + 1);
			pack_entry(p, name_n + 1 + leaf_n, dir_fd, d->name);
			p->name[name_n] = '\0';
		}
		/* A tmpfs gives all that there is room for: with room left there is no more. */
	} while (n > DENTS_ROOM - DENT_MAX);
}

static void pack_stream(struct packer *p, const char *name, struct span data)
{
	if (bundle_add(&p->w, span_of(name), 0644, data) < 0)
		power_off();
}

static void pack_exit(struct packer *p, uint64_t read_bytes)
{
	static const char *const words[] = {
		[OUTCOME_EXITED] = "exited",
		[OUTCOME_SIGNALED] = "signaled",
		[OUTCOME_TIMEOUT] = "timeout",
		[OUTCOME_OUT_OF_MEMORY] = "out_of_memory",
		[OUTCOME_OUTPUT_LIMIT] = "output_limit",
		[OUTCOME_NOT_FOUND] = "not_found",
		[OUTCOME_NOT_EXECUTABLE] = "not_executable",
		[OUTCOME_REJECTED] = "rejected",
		[OUTCOME_LOST] = "lost",
	};
	static char text[EXIT_ROOM] LARGE(4);
	bool ran = guest.stamp_exec != 0;

	if (p->over && (guest.outcome == OUTCOME_EXITED || guest.outcome == OUTCOME_SIGNALED))
		guest.outcome = OUTCOME_OUTPUT_LIMIT;
	for (char *c = guest.message; *c; c++)
		if (*c == '\n')
			*c = ' ';

	uint64_t user_us = 0, system_us = 0;
	if (ran)
		cgroup_times(&user_us, &system_us);
	int n = snprintf(text, sizeof text,
		"outcome=%s\nstatus=%d\nmessage=%s\nwall_us=%llu\nuser_us=%llu\nsystem_us=%"
		"llu\npeak_bytes=%llu\n"
		"skipped_more=%llu\nread_bytes=%llu\nstamp_start=%llu\nstamp_ready=%llu\nstamp_"
		"exec=%llu\nstamp_end="
		"%llu\nstamp_packed=%llu\n",
		words[guest.outcome], guest.status, guest.message,
		(unsigned long long)guest.wall_us,
		(unsigned long long)(ran ? user_us - guest.user_before : 0),
		(unsigned long long)(ran ? system_us - guest.system_before : 0),
		(unsigned long long)(ran ? cgroup_read(CGROUP_MEMORY_PEAK, "") : 0),
		(unsigned long long)p->skipped_more, (unsigned long long)read_bytes,
		(unsigned long long)guest.stamp_start, (unsigned long long)guest.stamp_ready,
		(unsigned long long)guest.stamp_exec, (unsigned long long)guest.stamp_end,
		(unsigned long long)stamp());
	pack_stream(p, "exit", (struct span){ text, (size_t)n });
}

noreturn void output_pack(void)
{
	struct packer *p = &packer;
	static bool entered;

	/* A failure while packing ends here a second time: the host sees no trailer and knows. */
	if (entered || guest.output_disk_fd <= 0)
		power_off();
	entered = true;

	/* The disk is larger than the limit by what our own entries take at most. */
	uint64_t own = SKIPPED_ROOM + EXIT_ROOM + 2 * BUNDLE_BLOCK +
		       (guest.config.record ? WARM_TEXT_MAX + BUNDLE_BLOCK : 0),
		 size = guest.config.bundle_bytes ? guest.config.bundle_bytes
						  : disk_size(guest.output_disk_fd);
	bundle_writer_init(&p->w, guest.output_disk_fd, size - own, p->buffer, BUFFER);
	p->w.entries_max -= OWN_LAST;
	pack_stream(p, "stdout", guest.captured[0]);
	pack_stream(p, "stderr", guest.captured[1]);
	p->budget = guest.config.output_bytes - guest.captured[0].n - guest.captured[1].n;
	memcpy(p->name, "dir", sizeof "dir");
	if (guest.output_fd > 0 && !guest.output_empty)
		pack_dir(p, 3, guest.output_fd);

	p->w.limit = size;
	p->w.entries_max += OWN_LAST;
	pack_stream(p, "skipped", (struct span){ p->skipped, p->skipped_n });
	uint64_t read_bytes = warm_bytes_read() - guest.read_before;
	if (guest.config.record && read_bytes > 0)
		pack_stream(p, "warm", warm_record());
	pack_exit(p, read_bytes);
	bundle_finish(&p->w);
	power_off();
}
