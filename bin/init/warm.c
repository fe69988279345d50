/* SPDX-License-Identifier: MIT */
/*
 * The page cache of the image, and its names: a template reads what it was told that runs read, and
 * looks up what they looked up; a run that was asked to says what that was. See bundle/warm.h.
 */
#include "warm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "bundle/warm.h"
#include "sys/io.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

enum { DENTS_ROOM = 4096, MAP_PAGES = 16384, DEPTH_MAX = 64, STEP_PAGES = 128 };
enum { METADATA_MAX = 8 << 20 /* bytes that are read beforehand */ };
enum { BLOCKS_MAX = 512, BLOCK_PAGES = 512, BLOCK_WORTH = BLOCK_PAGES / 2, BLOCK_READ = 0xffff };

struct recorder {
	char *text;
	size_t n;
	uint64_t records, pages;
	char path[WARM_PATH_MAX + 1];
};

struct cachestat_range {
	uint64_t off, len;
};

struct cachestat {
	uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

static int image_open(const char *path)
{
	const struct open_how how = { .flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };

	return (int)syscall(SYS_openat2, guest.image_fd, path, &how, sizeof how);
}

/* Whether somebody has looked @leaf up: the kernel still knows it. */
static bool is_known(int dir_fd, const char *leaf)
{
	const struct open_how how = { .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_CACHED };
	cleanup_fd int fd = (int)syscall(SYS_openat2, dir_fd, leaf, &how, sizeof how);

	return fd >= 0;
}

/* No call reads more than the disk's read-ahead. */
static void warm_pages(int fd, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i += STEP_PAGES)
		readahead(fd, (off_t)(first + i) * WARM_PAGE,
			(count - i < STEP_PAGES ? count - i : STEP_PAGES) * WARM_PAGE);
}

/*
 * Of large files, blocks of 2 MiB of which most is wanted are read whole: the kernel keeps them
 * together, and the host maps them as huge pages.
 */
struct blocks {
	uint16_t pages[BLOCKS_MAX]; /* that are wanted of each */
	size_t n;                   /* whole ones that the file has */
};

static void count_blocks(struct blocks *b, struct span ranges, uint64_t size)
{
	uint64_t first, count;

	b->n = size / WARM_PAGE / BLOCK_PAGES;
	if (b->n > BLOCKS_MAX)
		b->n = BLOCKS_MAX;
	memset(b->pages, 0, b->n * sizeof *b->pages);
	while (b->n > 0 && warm_next_range(&ranges, &first, &count))
		for (; count > 0 && first / BLOCK_PAGES < b->n; first++, count--)
			b->pages[first / BLOCK_PAGES]++;
}

/* Pages @first to @first + @count, which lie in one block. */
static void warm_part(int fd, struct blocks *b, uint64_t first, uint64_t count)
{
	uint64_t block = first / BLOCK_PAGES;

	if (block >= b->n || b->pages[block] < BLOCK_WORTH) {
		warm_pages(fd, first, count);
	} else if (b->pages[block] != BLOCK_READ) {
		warm_pages(fd, block * BLOCK_PAGES, BLOCK_PAGES);
		b->pages[block] = BLOCK_READ;
	}
}

static void warm_file(const char *path, struct span ranges)
{
	static struct blocks blocks LARGE(5);
	uint64_t first, count;
	struct stat st;

	cleanup_fd int fd = image_open(path);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	count_blocks(&blocks, ranges, (uint64_t)st.st_size);
	while (warm_next_range(&ranges, &first, &count))
		for (uint64_t part; count > 0; first += part, count -= part) {
			part = BLOCK_PAGES - first % BLOCK_PAGES;
			if (part > count)
				part = count;
			warm_part(fd, &blocks, first, part);
		}
}

static bool look_up(const char *path)
{
	struct stat st;

	return fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* A command is looked for in each directory up to the one that has it. */
static void look_for(const char *leaf)
{
	struct span rest = SPAN_LITERAL(PATH_DEFAULT), dir;
	char path[WARM_PATH_MAX + 32];
	bool found = false;

	while (!found && span_cut(&rest, ':', &dir)) {
		snprintf(path, sizeof path, "%.*s/%s", (int)dir.n, dir.p, leaf);
		found = look_up(path);
	}
}

static bool is_command_dir(struct span path)
{
	struct span rest = SPAN_LITERAL(PATH_DEFAULT), dir;

	while (span_cut(&rest, ':', &dir))
		if (span_equal(dir, path))
			return true;
	return false;
}

/* Best effort: what is not there is not read. */
static void warm_one(const struct warm_record *record)
{
	char path[WARM_PATH_MAX + 2] = "/";

	memcpy(path + 1, record->path.p, record->path.n);
	path[record->path.n + 1] = '\0';
	if (record->ranges.n > 0)
		warm_file(path + 1, record->ranges);
	/* And where the program will look for it. */
	look_up(path);
	const char *slash = strrchr(path, '/');
	if (is_command_dir((struct span){ path, (size_t)(slash - path) }))
		look_for(slash + 1);
}

void warm_load(void)
{
	struct stat st;

	guest.warm = (struct span){ "", 0 };
	cleanup_fd int fd = open("/warm", O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > WARM_TEXT_MAX)
		return;
	char *p = memory_get((size_t)st.st_size);
	ssize_t n = io_read(fd, p, (size_t)st.st_size);
	guest.warm = (struct span){ p, n > 0 ? (size_t)n : 0 };
}

/* Names and inodes: a disk of their own, where there are data disks. Programs look for much that is
 * not there. */
static void warm_metadata(void)
{
	if (guest.config.data_disks == 0)
		return;
	cleanup_fd int fd = openat(guest.dev_fd, "image", O_RDONLY | O_CLOEXEC);
	uint64_t size = fd < 0 ? 0 : disk_size(fd);
	for (uint64_t at = 0; at < size && at < METADATA_MAX; at += STEP_PAGES * WARM_PAGE)
		readahead(fd, (off_t)at, STEP_PAGES * WARM_PAGE);
}

/* The directories in which commands are looked for, and what the C library's loader asks for first
 * of all. */
static void warm_usual_names(void)
{
	look_for("-");
	look_up("/etc/ld.so.preload");
}

void warm_cache(void)
{
	struct span rest = guest.warm;
	struct warm_record record;
	int error;

	warm_metadata();
	/* As the user of most jobs, whose rights are looked up on the way and kept, too. */
	setfsgid(guest.usual_user.gid);
	setfsuid(guest.usual_user.uid);
	warm_usual_names();

	while (warm_next(&rest, &record, &error))
		warm_one(&record);
	setfsuid(0);
	setfsgid(0);
	guest.warm = (struct span){ "", 0 };
	guest.read_before = warm_bytes_read();
}

/* "FIRST+COUNT,..." of the pages that @resident says are there, from page @base on. */
static int add_ranges(
	struct recorder *r, char *text, size_t room, const unsigned char *resident, size_t pages)
{
	int n = 0;

	for (size_t i = 0; i < pages;) {
		size_t from = i;
		bool in = resident[i] & 1;

		while (i < pages && (resident[i] & 1) == in)
			i++;
		if (!in)
			continue;
		n += snprintf(
			text + n, room - (size_t)n, "%s%zu+%zu", n ? "," : "", from, i - from);
		if ((size_t)n >= room)
			return -1;
		r->pages += i - from;
	}
	return n;
}

static void record_pages(struct recorder *r, int fd, size_t pages)
{
	static unsigned char resident[MAP_PAGES] LARGE(5);
	size_t room = WARM_TEXT_MAX - r->n, path_n = strlen(r->path);

	void *p = mmap(NULL, pages * WARM_PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return;
	int n = mincore(p, pages * WARM_PAGE, resident) < 0
			? -1
			: add_ranges(r, r->text + r->n, room, resident, pages);
	munmap(p, pages * WARM_PAGE);
	if (n <= 0 || (size_t)n + path_n + 2 > room)
		return;
	r->text[r->n + (size_t)n] = ' ';
	memcpy(r->text + r->n + (size_t)n + 1, r->path, path_n + 1);
	r->n += (size_t)n + path_n + 2;
	r->records++;
}

/* Of what nothing was read, or which has nothing to read. */
static void record_name(struct recorder *r)
{
	size_t path_n = strlen(r->path), need = path_n + sizeof "- ";

	if (need > WARM_TEXT_MAX - r->n)
		return;
	memcpy(r->text + r->n, "- ", 2);
	memcpy(r->text + r->n + 2, r->path, path_n + 1);
	r->n += need;
	r->records++;
}

static void record_file(struct recorder *r, int dir_fd, const char *leaf)
{
	struct cachestat_range all = { 0, 0 };
	struct cachestat stat = { 0 };
	struct stat st;

	cleanup_fd int fd = openat(dir_fd, leaf, O_RDONLY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_cachestat, fd, &all, &stat, 0) < 0 || stat.cached == 0 ||
		fstat(fd, &st) < 0)
		return;
	size_t pages = ((size_t)st.st_size + WARM_PAGE - 1) / WARM_PAGE;
	record_pages(r, fd, pages < MAP_PAGES ? pages : MAP_PAGES);
}

struct dent {
	uint64_t ino, offset;
	uint16_t size;
	uint8_t type;
	char name[];
};

static void record_dir(struct recorder *r, int dir_fd, size_t path_n, int depth);

static void record_entry(
	struct recorder *r, int dir_fd, size_t path_n, const struct dent *d, int depth)
{
	size_t leaf_n = strlen(d->name), slash = path_n > 0;

	if (path_n + slash + leaf_n > WARM_PATH_MAX || r->records >= WARM_RECORDS_MAX ||
		r->pages >= WARM_PAGES_MAX || !is_known(dir_fd, d->name))
		return;
	uint64_t records = r->records;
	r->path[path_n] = '/';
	memcpy(r->path + path_n + slash, d->name, leaf_n + 1);
	if (d->type == DT_REG) {
		record_file(r, dir_fd, d->name);
	} else if (d->type == DT_DIR && depth < DEPTH_MAX) {
		cleanup_fd int fd =
			openat(dir_fd, d->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			record_dir(r, fd, path_n + slash + leaf_n, depth + 1);
	}
	/* A name that another one does not imply. */
	if (r->records == records)
		record_name(r);
	r->path[path_n] = '\0';
}

static void record_dir(struct recorder *r, int dir_fd, size_t path_n, int depth)
{
	char dents[DENTS_ROOM] __attribute__((aligned(8)));
	long n;

	while ((n = syscall(SYS_getdents64, dir_fd, dents, sizeof dents)) > 0)
		for (long at = 0; at < n;) {
			const struct dent *d = (const struct dent *)(const void *)(dents + at);

			at += d->size;
			if (strcmp(d->name, ".") != 0 && strcmp(d->name, "..") != 0)
				record_entry(r, dir_fd, path_n, d, depth);
		}
}

struct span warm_record(void)
{
	static struct recorder r;

	r.text = memory_get(WARM_TEXT_MAX);
	record_dir(&r, guest.image_fd, 0, 0);
	return (struct span){ r.text, r.n };
}

/* Of the image's disks, as /proc/diskstats counts: name, reads, joined reads, sectors. */
uint64_t warm_bytes_read(void)
{
	static int fd = -1; /* a template has the time to open it */
	char text[2048];
	uint64_t sectors, all = 0;

	if (fd < 0)
		fd = openat(guest.proc_fd, "diskstats", O_RDONLY | O_CLOEXEC);
	/* One call: it comes whole, and is never that long. */
	ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text, 0);
	struct span rest = { text, n > 0 ? (size_t)n : 0 }, line, word;
	while (span_cut(&rest, '\n', &line)) {
		struct span disk = { "", 0 };
		for (int i = 0; i < 6 && span_cut(&line, ' ', &word);) {
			if (word.n == 0)
				continue;
			if (i++ == 2)
				disk = word;
		}
		if (!span_equal(disk, SPAN_LITERAL("ubdb")) &&
			!span_equal(disk, SPAN_LITERAL("ubdc")) &&
			parse_u64(word, INT64_MAX / 512, &sectors) == 0)
			all += sectors * 512;
	}
	return all;
}
