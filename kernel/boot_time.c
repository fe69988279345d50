// SPDX-License-Identifier: MIT
/*
 * Time start and end of the guest kernel.
 *
 * Theory of operation: this file is two programs. The one built with INIT is
 * the guest's /init: it prints the time stamp counter, which host and guest
 * share, and powers off. The other starts the kernel again and again the way
 * the engine does (one CPU, empty root, no environment, everything by
 * descriptor), reads that line, and waits for the end.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <x86intrin.h>

#ifdef INIT

static long call(long nr, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((force_align_arg_pointer)) void _start(void)
{
	uint64_t tsc = __rdtsc();
	char line[32], *p = line + sizeof(line);

	*--p = '\n';
	for (; tsc; tsc /= 10)
		*--p = (char)('0' + tsc % 10);
	for (const char *s = " CST>3<"; *s; s++)
		*--p = *s;
	call(SYS_write, 1, (long)p, line + sizeof(line) - p, 0);
	call(SYS_reboot, 0xfee1dead, 0x28121969, 0x4321fedc, 0);
	__builtin_trap();
}

#else

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/parse.h"

enum { UP, OFF, TOTAL, FAULTS, COLUMNS };

enum { FD_INITRD = 4, FD_DISK = 5, DISKS = 4, ARGS = 64 };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double tsc_per_ms(void)
{
	double ms = now_ms();
	uint64_t tsc = __rdtsc();

	usleep(100000);
	return (double)(__rdtsc() - tsc) / (now_ms() - ms);
}

static void put(int fd, const void *data, size_t n)
{
	static const char zeros[4];

	if (write(fd, data, n) != (ssize_t)n || write(fd, zeros, -n & 3) != (ssize_t)(-n & 3))
		err(1, "write initrd");
}

static void put_entry(int fd, const char *name, unsigned mode, const void *data, size_t n)
{
	char head[256];
	int len = snprintf(head, sizeof(head),
		"070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X%s", 1, mode, 0, 0, 1,
		0, n, 0, 0, 0, 0, strlen(name) + 1, 0, name);

	put(fd, head, (size_t)len + 1);
	put(fd, data, n);
}

static int memory_file(const char *name, off_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size) < 0)
		err(1, "memfd '%s'", name);
	return fcntl(fd, F_DUPFD_CLOEXEC, 20);
}

static int make_initrd(const char *init)
{
	int in = open(init, O_RDONLY | O_CLOEXEC);
	int fd = memory_file("initrd", 0);
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		err(1, "open '%s'", init);
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, in, 0);
	put_entry(fd, "init", 0100755, data, (size_t)st.st_size);
	put_entry(fd, "TRAILER!!!", 0, NULL, 0);
	return fd;
}

/* An empty root without privileges, where that is allowed. */
static void enter_jail(const char *empty)
{
	if (geteuid() && unshare(CLONE_NEWUSER) < 0)
		return;
	if (chroot(empty) < 0 || chdir("/") < 0)
		warn("chroot");
}

static void start(
	int cpu, int out, int linux_fd, const int *fds, char **args, const char *empty, int clock)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	personality(ADDR_NO_RANDOMIZE);

	int null = open("/dev/null", O_RDONLY);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	for (int i = 0; i <= DISKS; i++)
		dup2(fds[i], FD_INITRD + i);
	enter_jail(empty);

	uint64_t t = __rdtsc();
	if (write(clock, &t, sizeof(t)) == sizeof(t))
		syscall(SYS_execveat, linux_fd, "", args, (char *[]){ NULL }, AT_EMPTY_PATH);
	_exit(127);
}

static int boot(int cpu, int linux_fd, const int *fds, char **args, const char *empty, double khz,
	double *column)
{
	static char text[1 << 16];
	int out[2], clock[2], status;
	struct rusage usage;
	size_t n = 0;
	uint64_t from;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(clock, O_CLOEXEC) < 0)
		err(1, "pipe");
	for (int i = 0; i < 2; i++) { /* out of the way of the kernel's */
		out[i] = fcntl(out[i], F_DUPFD_CLOEXEC, 40);
		clock[i] = fcntl(clock[i], F_DUPFD_CLOEXEC, 40);
	}
	for (int fd = 3; fd < 20; fd++)
		close(fd);

	pid_t pid = fork();
	if (pid == 0)
		start(cpu, out[1], linux_fd, fds, args, empty, clock[1]);
	close(out[1]);
	close(clock[1]);
	if (read(clock[0], &from, sizeof(from)) != sizeof(from))
		errx(1, "cannot start the kernel");
	for (ssize_t r; (r = read(out[0], text + n, sizeof(text) - 1 - n)) > 0;)
		n += (size_t)r;
	text[n] = 0;
	wait4(pid, &status, 0, &usage);
	uint64_t to = __rdtsc();
	close(out[0]);
	close(clock[0]);

	char *line = strstr(text, "TSC ");
	if (!line) {
		fputs(text, stderr);
		errx(1, "the guest did not come up, status 0x%x", status);
	}
	uint64_t up;
	if (parse_u64((struct span){ line + 4, strspn(line + 4, "0123456789") }, UINT64_MAX, &up) <
		0)
		errx(1, "the guest gave no time: '%s'", line);
	column[UP] = (double)(up - from) / khz;
	column[OFF] = (double)(to - up) / khz;
	column[TOTAL] = (double)(to - from) / khz;
	column[FAULTS] = (double)usage.ru_minflt;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const char *const names[] = {
		[UP] = "start to init, ms",
		[OFF] = "init to exit, ms",
		[TOTAL] = "all, ms",
		[FAULTS] = "host page faults",
	};
	char *args[ARGS] = {
		"linux",
		"mem=1024M",
		"seccomp=on",
		"lpj=18190336",
		"quiet",
		"loglevel=5",
		"stderr=2",
		"console=stderr",
		"panic=-1",
		"initrd=fd:4",
		"ubd0r=fd:5",
		"ubd1r=fd:6",
		"ubd2=fd:7",
		"ubd3r=fd:8",
	};
	char empty[] = "/tmp/measure.XXXXXX";

	if (argc < 5)
		errx(2, "usage: boot_time RUNS CPU LINUX INIT [ARGUMENT...]");
	uint64_t runs, cpu;
	int n = 0;
	if (parse_u64(span_of(argv[1]), 100000, &runs) < 0 || runs < 1)
		errx(2, "'%s' is no number of runs", argv[1]);
	if (parse_u64(span_of(argv[2]), CPU_SETSIZE - 1, &cpu) < 0)
		errx(2, "'%s' is no CPU", argv[2]);
	while (args[n])
		n++;
	for (int i = 5; i < argc && n < ARGS - 1; i++)
		args[n++] = argv[i];

	int linux_fd = open(argv[3], O_PATH | O_CLOEXEC);
	if (linux_fd < 0)
		err(1, "open '%s'", argv[3]);
	linux_fd = fcntl(linux_fd, F_DUPFD_CLOEXEC, 20);
	int fds[1 + DISKS] = { make_initrd(argv[4]) };
	for (int i = 1; i <= DISKS; i++)
		fds[i] = memory_file("disk", 1 << 20);
	if (!mkdtemp(empty))
		err(1, "mkdtemp");

	double(*sample)[runs] = calloc(COLUMNS, sizeof(*sample));
	double khz = tsc_per_ms();
	for (uint64_t i = 0; i < runs; i++) {
		double column[COLUMNS];

		boot((int)cpu, linux_fd, fds, args, empty, khz, column);
		for (int c = 0; c < COLUMNS; c++)
			sample[c][i] = column[c];
	}
	rmdir(empty);

	printf("%-20s %8s %8s %8s  (%d boots)\n", "", "median", "best", "p90", (int)runs);
	for (int c = 0; c < COLUMNS; c++) {
		qsort(sample[c], (size_t)runs, sizeof(double), by_value);
		printf("%-20s %8.2f %8.2f %8.2f\n", names[c], sample[c][runs / 2], sample[c][0],
			sample[c][runs * 9 / 10]);
	}
	return 0;
}
#endif
