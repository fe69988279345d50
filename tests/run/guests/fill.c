/* SPDX-License-Identifier: MIT */
/*
 * fill SEED MIB: fills MIB of memory with numbers that follow from SEED and the place, in a parent
 * and, after a fork, a part of it anew in a child; reads files in between, so that the page cache
 * has to give way; looks whether every number is what it was.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, PAGE = 4096 };

static uint64_t number(uint64_t seed, uint64_t at)
{
	uint64_t x = (seed << 40) ^ at;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void fill(uint64_t *p, size_t n, uint64_t seed)
{
	for (size_t i = 0; i < n; i += PAGE / 2 / sizeof *p)
		p[i] = number(seed, i);
}

static void check(const uint64_t *p, size_t from, size_t n, uint64_t seed, const char *what)
{
	for (size_t i = from; i < n; i += PAGE / 2 / sizeof *p)
		if (p[i] != number(seed, i)) {
			printf("%s: %zu is %llx\n", what, i, (unsigned long long)p[i]);
			exit(1);
		}
}

static void read_file(int dir_fd, const char *name)
{
	static char buffer[MIB];
	int fd = openat(dir_fd, name, O_RDONLY | O_NONBLOCK);

	while (fd >= 0 && read(fd, buffer, sizeof buffer) > 0)
		continue;
	if (fd >= 0)
		close(fd);
}

static void read_files(void)
{
	static const char *const dirs[] = { "/usr/bin", "/usr/lib/x86_64-linux-gnu" };

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		DIR *d = opendir(dirs[i]);
		for (struct dirent *e; d && (e = readdir(d));)
			if (e->d_type == DT_REG)
				read_file(dirfd(d), e->d_name);
		if (d)
			closedir(d);
	}
}

static uint64_t digits(const char *text)
{
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	return n;
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? digits(argv[1]) : 1;
	size_t n = (argc > 2 ? digits(argv[2]) : 64) * MIB / sizeof(uint64_t), part = n / 16;
	uint64_t *p = mmap(
		NULL, n * sizeof *p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	if (p == MAP_FAILED)
		return 2;
	/* Not all of it: each page of zeros is a mapping of its own on the host. */
	for (size_t i = 0; i < n; i += 64 * PAGE / sizeof *p)
		if (p[i] != 0) {
			printf("new memory at %zu holds %llx\n", i, (unsigned long long)p[i]);
			return 1;
		}
	fill(p, n, seed);
	pid_t child = fork();
	if (child == 0) {
		fill(p, part, seed + 1);
		check(p, 0, part, seed + 1, "child, its own");
		check(p, part, n, seed, "child, its parent's");
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status != 0)
		return 3;
	check(p, 0, n, seed, "after the child");
	read_files();
	check(p, 0, n, seed, "after reading");
	fill(p, n, seed + 2);
	check(p, 0, n, seed + 2, "filled again");
	puts("all there");
	return 0;
}
