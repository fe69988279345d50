/* SPDX-License-Identifier: MIT */
#include "touched.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"
#include "sys/memfd.h"

enum { PAGE = 4096, WORD = 64 };

void touched_init(struct touched *t, uint64_t ram_bytes)
{
	*t = (struct touched){ .pages = ram_bytes / PAGE, .list_fd = -1 };
}

static void forget_bits(struct touched *t)
{
	free(t->bits);
	free(t->fresh);
	free(t->written);
	t->bits = t->fresh = t->written = NULL;
}

void touched_done(struct touched *t)
{
	forget_bits(t);
	cleanup_closep(&t->list_fd);
	t->list_fd = -1;
}

bool touched_curious(const struct touched *t)
{
	return t->seen < TOUCHED_CLONES;
}

static uint64_t words(const struct touched *t)
{
	return t->pages / WORD + 1;
}

static uint64_t *bits_new(const struct touched *t)
{
	return calloc(words(t), sizeof(uint64_t));
}

static bool has(const uint64_t *bits, uint64_t i)
{
	return bits[i / WORD] >> (i % WORD) & 1;
}

static void mark(uint64_t *bits, uint64_t i)
{
	bits[i / WORD] |= UINT64_C(1) << (i % WORD);
}

/* Sets a bit for each page of the runs that a guest has sent, up to the first that is wrong. */
static void mark_runs(const struct touched *t, struct span runs, uint64_t *bits)
{
	struct touched_run run;
	uint64_t next = 0;

	for (; runs.n >= sizeof run; runs = span_skip(runs, sizeof run)) {
		memcpy(&run, runs.p, sizeof run);
		if (run.page < next || run.page >= t->pages || run.n > t->pages - run.page)
			return;
		next = (uint64_t)run.page + run.n;
		for (uint64_t i = run.page; i < next; i++)
			mark(bits, i);
	}
}

/* Sets a bit for each page that @fd has. */
static int mark_pages(const struct touched *t, int fd, uint64_t *bits)
{
	off_t end = (off_t)(t->pages * PAGE), from = 0, hole;

	while (from < end) {
		from = lseek(fd, from, SEEK_DATA);
		if (from < 0)
			return errno == ENXIO ? 0 : -errno;
		hole = lseek(fd, from, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		for (; from < hole && from < end; from += PAGE)
			mark(bits, (uint64_t)from / PAGE);
	}
	return 0;
}

struct writer {
	int fd;
	struct touched_run runs[PAGE / sizeof(struct touched_run)];
	size_t n;
	uint64_t left; /* pages that may still come */
};

static int flush(struct writer *w)
{
	int r = io_write(w->fd, w->runs, w->n * sizeof *w->runs);

	w->n = 0;
	return r;
}

static int add_run(struct writer *w, uint64_t page, uint64_t n, uint32_t kind)
{
	if (n > w->left)
		return 0;
	w->left -= n;
	w->runs[w->n++] = (struct touched_run){ (uint32_t)page, (uint32_t)n | kind };
	return w->n == sizeof w->runs / sizeof *w->runs ? flush(w) : 0;
}

/* The end of the run that begins at page @from, over gaps of a few pages, at @limit at most. */
static uint64_t run_end(const struct touched *t, uint64_t from, uint64_t limit)
{
	uint64_t end = from + 1;

	for (uint64_t i = end; i < limit && i - end <= TOUCHED_GAP; i++)
		if (has(t->bits, i))
			end = i + 1;
	return end;
}

/* What the runs of a chunk cost, one by one. */
static unsigned runs_cost(const struct touched *t, uint64_t from, uint64_t limit)
{
	unsigned cost = 0;

	for (uint64_t i = from, end; i < limit; i = end) {
		end = i + 1;
		if (!has(t->bits, i))
			continue;
		end = run_end(t, i, limit);
		cost += TOUCHED_RUN_COST + (unsigned)(end - i) * TOUCHED_PAGE_COST;
	}
	return cost;
}

static int add_chunk(const struct touched *t, struct writer *w, uint64_t from)
{
	uint64_t limit = from + TOUCHED_CHUNK;
	int r = 0;

	if (limit > t->pages)
		limit = t->pages;
	if (limit - from == TOUCHED_CHUNK && runs_cost(t, from, limit) >= TOUCHED_CHUNK_COST)
		return add_run(w, from, TOUCHED_CHUNK, 0);
	for (uint64_t i = from; i < limit && r == 0; i++)
		if (has(t->bits, i)) {
			uint64_t end = run_end(t, i, limit);
			r = add_run(w, i, end - i, 0);
			i = end - 1;
		}
	return r;
}

/* Whether all clones came to use so much of a free chunk that it is cheaper had at once. */
static bool is_used_up(const struct touched *t, uint64_t from)
{
	unsigned n = 0;

	if (t->pages - from < TOUCHED_CHUNK)
		return false;
	for (uint64_t i = from; i < from + TOUCHED_CHUNK; i++) {
		if (has(t->bits, i))
			return false;
		n += has(t->fresh, i);
	}
	return n * TOUCHED_FRESH_COST >= TOUCHED_FRESH_CHUNK;
}

/* The first @max pages of @bits in runs, with @kind; *@ret_n: how many there were. */
static int add_bits(const struct touched *t, struct writer *w, const uint64_t *bits, uint32_t kind,
	uint64_t max, uint64_t *ret_n)
{
	uint64_t left = max;
	int r = 0;

	for (uint64_t i = 0, end; i < t->pages && left && r == 0; i = end) {
		for (end = i; end < t->pages && end - i < left && has(bits, end); end++)
			;
		if (end > i)
			r = add_run(w, i, end - i, kind);
		left -= end - i;
		end += end == i;
	}
	*ret_n = max - left;
	return r;
}

static int write_list(const struct touched *t, int fd)
{
	struct writer w = { .fd = fd, .left = TOUCHED_PAGES_MAX };
	uint64_t fresh = 0, written;
	unsigned used_up = 0;
	int r = 0;

	for (uint64_t i = 0; i < t->pages && r == 0; i += TOUCHED_CHUNK)
		if (used_up < TOUCHED_FRESH_MAX && is_used_up(t, i)) {
			r = add_run(&w, i, TOUCHED_CHUNK, 0);
			used_up++;
		} else {
			r = add_chunk(t, &w, i);
		}
	/*
	 * What else was free and all clones came to use; where a chunk is used up that is cheap.
	 * The host takes longer for such a page than for one that it copies: it also puts it in a
	 * file.
	 */
	if (r == 0 && !used_up)
		r = add_bits(t, &w, t->fresh, 0, TOUCHED_AHEAD_MAX, &fresh);
	if (r == 0)
		r = add_bits(
			t, &w, t->written, TOUCHED_WRITTEN, TOUCHED_WAIT_MAX - fresh, &written);
	return r < 0 ? r : flush(&w);
}

static int make_list(struct touched *t)
{
	cleanup_fd int fd = memfd_new("touched");
	int r = fd < 0 ? fd : write_list(t, fd);

	if (r == 0)
		r = memfd_freeze(fd);
	if (r < 0)
		return r;
	t->list_fd = take_fd(fd);
	forget_bits(t);
	return 0;
}

static void keep_common(uint64_t **all, uint64_t *these, uint64_t n)
{
	for (uint64_t i = 0; *all && i < n; i++)
		these[i] &= (*all)[i];
	free(*all);
	*all = these;
}

static int look(struct touched *t, int base_fd, int clone_fd, struct span written)
{
	cleanup_free uint64_t *own = bits_new(t), *base = bits_new(t), *said = bits_new(t);
	if (!own || !base || !said)
		return -ENOMEM;
	mark_runs(t, written, said);
	int r = mark_pages(t, clone_fd, own);
	if (r == 0)
		r = mark_pages(t, base_fd, base);
	if (r < 0)
		return r;
	/* What the template does not have was free, and is a clone's own from the start. */
	for (uint64_t i = 0; i < words(t); i++) {
		base[i] &= own[i];
		own[i] &= ~base[i];
	}
	keep_common(&t->bits, take_ptr(base), words(t));
	keep_common(&t->fresh, take_ptr(own), words(t));
	keep_common(&t->written, take_ptr(said), words(t));
	t->seen++;
	return touched_curious(t) ? 0 : make_list(t);
}

/* As long as there is no list, each clone compares its memory with the template's at its end. */
static void make_empty_list(struct touched *t)
{
	forget_bits(t);
	t->seen = TOUCHED_CLONES;
	t->list_fd = memfd_new("touched");
}

int touched_look(struct touched *t, int base_fd, int clone_fd, struct span written)
{
	if (!touched_curious(t))
		return 0;
	int r = look(t, base_fd, clone_fd, written);
	if (r < 0 && (++t->failed == TOUCHED_FAILURES || !touched_curious(t)))
		make_empty_list(t);
	return r;
}
