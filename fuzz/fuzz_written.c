/* SPDX-License-Identifier: MIT */
/* What a guest says of pages that it wrote, on arbitrary bytes: the list has runs of guest memory
 * only, in order, and no more pages than a clone that waits may have. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "vm/touched.h"

enum { PAGES = 5000, PAGE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct touched *t)
{
	struct touched_run runs[TOUCHED_WRITTEN_RUNS + 1];
	uint64_t next = 0, all = 0;

	ssize_t n = io_pread(t->list_fd, runs, sizeof runs, 0);
	if (n < 0 || (size_t)n > TOUCHED_WRITTEN_RUNS * sizeof *runs)
		abort();
	for (size_t i = 0; i < (size_t)n / sizeof *runs; i++) {
		uint64_t pages = runs[i].n & ~TOUCHED_WRITTEN;

		if (!(runs[i].n & TOUCHED_WRITTEN) || pages == 0 || runs[i].page < next ||
			runs[i].page + pages > PAGES)
			abort();
		next = runs[i].page + pages;
		all += pages;
	}
	if (all > TOUCHED_WAIT_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span said = { (const char *)data, size };
	struct touched t;

	cleanup_fd int memory_fd = memfd_new("memory");
	if (memory_fd < 0 || memfd_fix_size(memory_fd, PAGES * PAGE) < 0)
		return 0;
	touched_init(&t, PAGES * PAGE);
	while (touched_curious(&t))
		if (touched_look(&t, memory_fd, memory_fd, said) < 0)
			abort();
	check(&t);
	touched_done(&t);
	return 0;
}
