/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/parse.h"

static int count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = -3; /* ".", ".." and the directory's own */

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* The second number of statm is of pages. */
static int64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	char text[128] = "";
	struct span rest, word;
	uint64_t pages;

	if (!f)
		return -1;
	rest = (struct span){ text, fread(text, 1, sizeof text - 1, f) };
	fclose(f);
	span_cut(&rest, ' ', &word);
	if (!span_cut(&rest, ' ', &word) || parse_u64(word, INT64_MAX >> 16, &pages) < 0)
		return -1;
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static int gauge(struct buf *to, const char *name, const char *help, double value)
{
	return buf_addf(
		to, "# HELP %s %s\n# TYPE %s gauge\n%s %.17g\n", name, help, name, name, value);
}

int process_metrics_format(struct buf *to)
{
	int descriptors = count_descriptors(), e = 0;
	int64_t resident = resident_bytes();
	struct timespec cpu = { 0 };
	struct rlimit files = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	getrlimit(RLIMIT_NOFILE, &files);
	if (descriptors >= 0)
		e = gauge(to, "process_open_fds", "Open descriptors.", descriptors);
	if (e == 0)
		e = gauge(to, "process_max_fds", "Descriptors that may be open.",
			(double)files.rlim_cur);
	if (e == 0 && resident >= 0)
		e = gauge(
			to, "process_resident_memory_bytes", "Resident memory.", (double)resident);
	if (e == 0)
		e = buf_addf(to,
			"# HELP process_cpu_seconds_total Processor time used.\n"
			"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "
			"%lld.%06ld\n",
			(long long)cpu.tv_sec, cpu.tv_nsec / 1000);
	return e;
}
