/* SPDX-License-Identifier: MIT */
#include "init.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { ROOM = 64 << 10, SMALL = 8 << 10, SECTOR = 512 };

static int console_fd = -1;

void console_open(void)
{
	mkdir("/dev", 0755);
	guest.dev_fd = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11));
	console_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
}

/* One error line on the kernel's console. */
static void console_say(const char *text)
{
	char line[320];
	int n = snprintf(line, sizeof line, "<3>init: %s", text);

	if (console_fd >= 0 && n > 0 && write(console_fd, line, (size_t)n) < 0)
		console_fd = -1;
}

noreturn void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(guest.message, sizeof guest.message, fmt, ap);
	va_end(ap);
	guest.outcome = OUTCOME_LOST;
	console_say(guest.message);
	output_pack();
}

noreturn void reject(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(guest.message, sizeof guest.message, fmt, ap);
	va_end(ap);
	guest.outcome = OUTCOME_REJECTED;
	output_pack();
}

/* Small pieces come from one place, which takes no call and few page faults. Disks are read into
 * them. */
static void *small_piece(size_t n)
{
	static char room[ROOM] LARGE(5) __attribute__((aligned(SECTOR)));
	static size_t used;
	size_t need = (n + SECTOR - 1) / SECTOR * SECTOR;

	if (n > SMALL || need > sizeof room - used)
		return NULL;
	used += need;
	return room + used - need;
}

void *memory_get(size_t n)
{
	void *p = small_piece(n);

	if (p)
		return p;
	p = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("no memory for %zu bytes", n);
	return p;
}

char *memory_string(struct span s)
{
	return memcpy(memory_get(s.n + 1), s.p, s.n);
}
