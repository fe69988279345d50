/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Memory in front, results (the disk) behind; both lock for themselves. A
 * thread of ours wakes once a second: it tells the disk what was used in memory, so that what is in
 * use is not evicted there, and moves the write-ahead log into the file.
 */
#include "cache.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "memory.h"
#include "results.h"

enum {
	TEND_S = 1,
	USED_MAX = 256, /* keys told to the disk at a time */
};

struct cache {
	struct cache_setup setup;
	struct memory *memory;
	struct results *results; /* NULL: nothing on disk */
	atomic_uint_fast64_t lookups[CACHE_TIERS], disk_errors, damaged;
	atomic_bool failing; /* the last write to disk failed */
	pthread_t tender;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool tending, closing;
};

static uint64_t monotonic_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int64_t realtime_s(void)
{
	return (int64_t)time(NULL);
}

enum cache_policy cache_policy(enum result_outcome outcome)
{
	switch (outcome) {
	case RESULT_EXITED:
	case RESULT_SIGNALED:
	case RESULT_OUT_OF_MEMORY:
	case RESULT_OUTPUT_LIMIT:
	case RESULT_NOT_FOUND:
	case RESULT_NOT_EXECUTABLE:
		return CACHE_KEEP;
	case RESULT_TIMEOUT:
		return CACHE_BRIEF;
	case RESULT_REJECTED:
	case RESULT_LOST:
	case RESULT_OUTCOMES:
		break;
	}
	return CACHE_NEVER;
}

static void tell_disk_what_is_used(struct cache *c)
{
	char keys[USED_MAX][KEY_SIZE];
	const char *list[USED_MAX];

	size_t n = memory_used(c->memory, keys, USED_MAX);
	for (size_t i = 0; i < n; i++)
		list[i] = keys[i];
	if (n > 0 && results_touch(c->results, list, n) < 0)
		atomic_fetch_add(&c->disk_errors, 1);
}

/* Waits a second, or less when the cache is closed. */
static bool rest(struct cache *c)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TEND_S;
	pthread_mutex_lock(&c->lock);
	while (!c->closing && pthread_cond_timedwait(&c->wake, &c->lock, &until) == 0)
		continue;
	bool more = !c->closing;
	pthread_mutex_unlock(&c->lock);
	return more;
}

static void *tend(void *ctx)
{
	struct cache *c = ctx;

	while (rest(c)) {
		tell_disk_what_is_used(c);
		if (results_tend(c->results) < 0)
			atomic_fetch_add(&c->disk_errors, 1);
	}
	return NULL;
}

static void notice(void *ctx, const char *text)
{
	struct cache *c = ctx;

	if (c->setup.notice)
		c->setup.notice(c->setup.ctx, text);
}

static int open_disk(struct cache *c, struct error *err)
{
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/results.db", c->setup.dir) < 0) {
		path = NULL;
		return fail(err, -ENOMEM, "open results in '%s'", c->setup.dir);
	}
	const struct results_setup setup = {
		.path = path,
		.max_bytes = c->setup.disk_bytes,
		.now_s = c->setup.wall_s,
		.notice = notice,
		.ctx = c,
	};
	int r = results_open(&setup, &c->results, err);
	if (r < 0)
		return r;
	r = -pthread_create(&c->tender, NULL, tend, c);
	c->tending = r == 0;
	return r < 0 ? fail(err, r, "start a thread for results") : 0;
}

static void cache_closep(struct cache **c)
{
	cache_close(*c);
}

int cache_open(const struct cache_setup *setup, struct cache **ret, struct error *err)
{
	cleanup(cache_closep) struct cache *c = calloc(1, sizeof *c);
	pthread_condattr_t monotonic;

	if (!c)
		return fail(err, -ENOMEM, "make the cache");
	c->setup = *setup;
	if (!c->setup.now_us)
		c->setup.now_us = monotonic_us;
	if (!c->setup.wall_s)
		c->setup.wall_s = realtime_s;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	c->memory = memory_new(setup->memory_bytes);
	if (!c->memory)
		return fail(err, -ENOMEM, "make the cache");
	int r = setup->dir && setup->disk_bytes > 0 ? open_disk(c, err) : 0;
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

void cache_close(struct cache *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->closing = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	if (c->tending)
		pthread_join(c->tender, NULL);
	if (c->results)
		tell_disk_what_is_used(c);
	results_close(c->results);
	memory_free(c->memory);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* Counts look-ups that end here; a miss in memory is not the end of one. */
static struct entry *found(
	struct cache *c, struct entry *e, enum cache_tier tier, enum cache_tier *ret)
{
	atomic_fetch_add_explicit(&c->lookups[tier], 1, memory_order_relaxed);
	if (ret)
		*ret = tier;
	return e;
}

struct entry *cache_peek(struct cache *c, const char *key)
{
	struct entry *e = memory_get(c->memory, key, c->setup.now_us());

	return e ? found(c, e, CACHE_MEMORY, NULL) : NULL;
}

static struct entry *read_disk(struct cache *c, const char *key)
{
	cleanup_buf struct buf record = { 0 };
	struct entry *e = NULL;

	int r = c->results ? results_get(c->results, key, &record) : -ENOENT;
	if (r == 0)
		r = entry_read(key, buf_span(&record), &e);
	if (r == -EBADMSG) {
		atomic_fetch_add(&c->damaged, 1);
		notice(c, "a stored result was damaged, and is gone; it will be run again");
		results_remove(c->results, key);
	} else if (r < 0 && r != -ENOENT) {
		atomic_fetch_add(&c->disk_errors, 1);
	}
	return e;
}

struct entry *cache_get(struct cache *c, const char *key, enum cache_tier *ret_tier)
{
	struct entry *e = memory_get(c->memory, key, c->setup.now_us());
	if (e)
		return found(c, e, CACHE_MEMORY, ret_tier);

	e = read_disk(c, key);
	if (!e)
		return found(c, NULL, CACHE_MISS, ret_tier);
	memory_put(c->memory, e, 0);
	return found(c, e, CACHE_DISK, ret_tier);
}

/* Says once that the disk fails, and once that it works again. */
static void watch_disk(struct cache *c, int r)
{
	char text[160];
	bool failed = r < 0 && r != -EFBIG;

	if (failed)
		atomic_fetch_add(&c->disk_errors, 1);
	if (atomic_exchange(&c->failing, failed) == failed)
		return;
	if (failed)
		snprintf(text, sizeof text,
			"results cannot be written to disk and are kept in memory only: %s",
			strerrordesc_np(-r));
	else
		snprintf(text, sizeof text, "results are written to disk again");
	notice(c, text);
}

int cache_put(struct cache *c, struct entry *e)
{
	enum cache_policy policy = cache_policy(e->outcome);

	if (policy == CACHE_NEVER)
		return 0;
	memory_put(c->memory, e,
		policy == CACHE_BRIEF ? c->setup.now_us() + CACHE_BRIEF_S * (uint64_t)1000000 : 0);
	if (policy == CACHE_BRIEF || !c->results)
		return 0;
	int r = results_put(c->results, e->key, e->record);
	watch_disk(c, r);
	return r == -EFBIG ? 0 : r;
}

void cache_stats(struct cache *c, struct cache_stats *ret)
{
	struct memory_stats m;
	struct results_stats d = { 0 };

	memory_stats(c->memory, &m);
	if (c->results)
		results_stats(c->results, &d);
	*ret = (struct cache_stats){
		.memory_entries = m.entries,
		.memory_bytes = m.bytes,
		.memory_evicted = m.evicted,
		.disk_entries = d.entries,
		.disk_bytes = d.bytes,
		.disk_evicted = d.evicted,
		.disk_errors = atomic_load(&c->disk_errors),
		.damaged = d.damaged + atomic_load(&c->damaged),
	};
	for (int i = 0; i < CACHE_TIERS; i++)
		ret->lookups[i] = atomic_load(&c->lookups[i]);
}
