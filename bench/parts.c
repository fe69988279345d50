/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the service cost that every request passes: key, look-up, queue, store,
 * counters. Each row runs for a fifth of a second, five times; the median is printed, in
 * microseconds for one operation. make bench-parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cache/cache.h"
#include "cache/links.h"
#include "job/job.h"
#include "key/key.h"
#include "metrics/metrics.h"
#include "queue/queue.h"
#include "queue/rate.h"

enum {
	ROUNDS = 5,
	CLIENTS = 200,
	LARGE = 1 << 20,
};

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct job *job, *large_job;
static struct cache *cache;
static struct links *links;
static struct queue *queue;
static struct rate *rate;
static struct metrics *metrics;
static char dir[64];
static char bytes[LARGE];
static unsigned number;

static struct job *make_job(size_t n)
{
	struct job *j = job_new();
	char *data = calloc(1, n);

	if (!j || !data || strv_add(&j->argv, "gcc") < 0 || strv_add(&j->argv, "hello.c") < 0 ||
		job_add_file(j, "hello.c", S_IFREG | 0644, data, n, NULL) < 0)
		abort();
	return j;
}

static struct entry *make_entry(unsigned n, size_t size)
{
	char key[KEY_SIZE];

	snprintf(key, sizeof key, "%064x", n);
	struct entry *e = entry_new(
		key, RESULT_EXITED, 0, (struct span){ NULL, 0 }, (struct span){ bytes, size });
	if (!e)
		abort();
	return e;
}

static void compute_key(void)
{
	char key[KEY_SIZE];

	key_compute(job, DIGEST, key);
}

static void compute_large_key(void)
{
	char key[KEY_SIZE];

	key_compute(large_job, DIGEST, key);
}

static void peek(void)
{
	char key[KEY_SIZE] = "0000000000000000000000000000000000000000000000000000000000000001";

	entry_unref(cache_peek(cache, key));
}

static void put(size_t size)
{
	struct entry *e = make_entry(++number, size);

	if (cache_put(cache, e) < 0)
		abort();
	entry_unref(e);
}

static void put_small(void)
{
	put(2000);
}

static void put_large(void)
{
	put(LARGE);
}

static void put_link(void)
{
	char id[LINK_ID_SIZE], text[64];

	snprintf(text, sizeof text, "state %u", ++number);
	if (links_put(links, span_of(text), id, NULL) < 0)
		abort();
}

/* Its client comes again when it has its answer. */
struct member {
	char name[16];
	struct ticket *ticket;
};

static struct member members[CLIENTS];

static void join(struct member *m)
{
	static const struct waiter_ops ops = { .joined = NULL };
	const struct queue_request request = { .client = m->name, .payload = m, .ops = &ops };
	struct queue_place place;

	if (queue_join(queue, &request, &m->ticket, &place) < 0)
		abort();
}

static void join_and_run(void)
{
	struct flight *f = queue_pop(queue, 0);
	struct member *m = flight_payload(f);

	queue_finish(queue, f, NULL);
	queue_leave(queue, m->ticket);
	join(m);
}

static void take_token(void)
{
	rate_take(rate, "192.0.2.1", 1000000, NULL);
}

static void observe(void)
{
	metrics_observe(metrics, METRIC_PHASE_SECONDS, METRIC_PHASE_TOTAL, 12345);
}

static const struct {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "key of a small job", compute_key },
	{ "key of a job with 1 MiB", compute_large_key },
	{ "result from memory", peek },
	{ "result of 2 KB kept (memory and disk)", put_small },
	{ "result of 1 MiB kept", put_large },
	{ "link kept (on the disk)", put_link },
	{ "through the queue, 200 clients waiting", join_and_run },
	{ "token of a rate limit", take_token },
	{ "duration into a histogram", observe },
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double measure(void (*run)(void))
{
	double begin = now(), end = begin + 0.2;
	unsigned long n = 0;

	do {
		for (int i = 0; i < 8; i++)
			run();
		n += 8;
	} while (now() < end);
	return (now() - begin) / (double)n * 1e6;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void crowd(void)
{
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(members[i].name, sizeof members[i].name, "c%d", i);
		join(&members[i]);
	}
}

static void open_all(void)
{
	char path[128];
	struct error err;

	snprintf(dir, sizeof dir, "%s/pe-bench-XXXXXX",
		getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp");
	if (!mkdtemp(dir))
		abort();
	snprintf(path, sizeof path, "%s/links.db", dir);
	const struct cache_setup cache_setup = {
		.dir = dir, .memory_bytes = 64 << 20, .disk_bytes = 256 << 20
	};
	const struct links_setup links_setup = { .path = path, .max_bytes = 1 << 30 };
	const struct queue_setup queue_setup = {
		.max_waiting = 10000, .max_per_client = 10000, .slots = 1
	};
	const struct rate_setup rate_setup = { .per_second = 1, .burst = 10, .max_clients = 1000 };
	if (cache_open(&cache_setup, &cache, &err) < 0 ||
		links_open(&links_setup, &links, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	queue = queue_new(&queue_setup);
	rate = rate_new(&rate_setup);
	metrics = metrics_new();
	job = make_job(200);
	large_job = make_job(LARGE);
	if (!queue || !rate || !metrics)
		abort();
	crowd();
	put_small();
}

static int remove_all(void)
{
	static const char *const names[] = { "results.db", "links.db" };
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path); /* its log goes when it is closed */
	}
	return rmdir(dir);
}

int main(void)
{
	open_all();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double us[ROUNDS];

		for (int round = 0; round < ROUNDS; round++)
			us[round] = measure(rows[i].run);
		qsort(us, ROUNDS, sizeof *us, compare);
		printf("| %-45s | %9.2f |\n", rows[i].name, us[ROUNDS / 2]);
	}
	cache_close(cache);
	links_close(links);
	return remove_all() < 0;
}
