/* SPDX-License-Identifier: MIT */
/*
 * bench/engine: the engine by itself, from the call to the parsed result, without a process around
 * it.
 *
 *   build/bench-engine [-n ROUNDS] [-w WARMUP] [-m cold|clone|ahead] [-f FILE] [-s] IMAGE
 * COMMAND...
 *
 * Prints median, 95th percentile and minimum in milliseconds as one line of JSON. -s: say where the
 * time went.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "image/image.h"
#include "job/job.h"
#include "job/result.h"
#include "run/live-command.h"
#include "run/run.h"
#include "sys/io.h"
#include "vm/templates.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

enum { ROUNDS_MAX = 100000, WARM_MS = 60000, SETTLE_MS = 5, AWAIT_MS = 1000, LEARN_ROUNDS = 200 };

static struct error err;

static int die(const char *what)
{
	fprintf(stderr, "engine: %s: %s\n", what, err.text);
	exit(1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int number(const char *text)
{
	uint64_t n = 0;

	if (parse_u64(span_of(text), ROUNDS_MAX, &n) < 0)
		die("a number of rounds");
	return (int)n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void add_file(struct job *job, const char *path)
{
	struct buf b = { 0 };
	FILE *f = fopen(path, "re");
	const char *name = strrchr(path, '/');

	if (!f || io_read_all(fileno(f), 1 << 20, &b) < 0)
		die(path);
	fclose(f);
	/* The job owns the bytes from here on. */
	if (job_add_file(job, name ? name + 1 : path, 0644, b.p, b.n, &err) < 0)
		die(path);
}

static void say_phases(const struct run_phases *p, uint64_t read_bytes)
{
	printf("pack %.2f jail %.2f kernel %.2f init %.2f start %.2f program %.2f unpack %.2f "
	       "power_off "
	       "%.2f collect %.2f total %.2f read_kib %llu\n",
		(double)p->pack / 1e3, (double)p->jail / 1e3, (double)p->kernel / 1e3,
		(double)p->init / 1e3, (double)p->start / 1e3, (double)p->program / 1e3,
		(double)p->unpack / 1e3, (double)p->power_off / 1e3, (double)p->collect / 1e3,
		(double)p->total / 1e3, (unsigned long long)read_bytes / 1024);
}

static double run_once(
	struct run_host *host, struct image *img, struct job *job, bool phases, uint64_t *ret_read)
{
	cleanup(result_freep) struct result *result = NULL;
	struct run_phases p;
	struct vm *left = NULL;
	const struct run_watch watch = { .cancel_fd = -1, .left = &left };

	double from = now_ms();
	if (run_job(host, img, job, &watch, &result, &p, &err) < 0)
		die("run");
	double ms = now_ms() - from;
	host->engine->free(left);
	if (result->outcome != RESULT_EXITED || result->status != 0) {
		snprintf(err.text, sizeof err.text, "%s %d: %.*s",
			result_outcome_word(result->outcome), result->status,
			(int)(result->err.n < 300 ? result->err.n : 300), result->err.p);
		die("the program failed");
	}
	if (phases)
		say_phases(&p, result->read_bytes);
	*ret_read = result->read_bytes;
	return ms;
}

/* Runs the job until clones of a template answer that knows it: nothing is read from disk any more,
 * or nothing of it can be learnt. */
static void warm(struct run_host *host, struct image *img, struct job *job, int rounds)
{
	for (int i = 0; i < rounds || (host->templates && i < WARM_MS / 10); i++) {
		struct templates_stats s = { .clones = 0 };
		uint64_t read;
		run_once(host, img, job, false, &read);
		if (host->templates)
			templates_stats(host->templates, &s);
		if (i >= rounds && s.clones > (uint64_t)rounds &&
			(read == 0 || i >= rounds + LEARN_ROUNDS))
			break;
		if (host->templates && !s.alive)
			usleep(10000);
	}
}

/*
 * Until all clones that are to wait do, and a little longer: the last one has its own preparations
 * to make, and what is left of the last run is cleared away. Without rest: what runs on a processor
 * that has slept pays for that, too.
 */
static void await_clones(const struct run_host *host, size_t ahead)
{
	double now = now_ms(), until = now + SETTLE_MS, last = now + AWAIT_MS;
	struct templates_stats s;

	while (now < until && now < last) {
		sched_yield();
		templates_stats(host->templates, &s);
		now = now_ms();
		if (s.waiting < ahead)
			until = now + SETTLE_MS;
	}
}

int main(int argc, char **argv)
{
	static double ms[ROUNDS_MAX];
	const char *mode = "clone";
	int n = 30, warmup = 3, o;
	bool phases = false;
	cleanup(job_freep) struct job *job = job_new();
	struct vm_kernel *kernel;
	struct image *img;
	char *store = image_store_path(NULL);

	while ((o = getopt(argc, argv, "+n:w:m:f:s")) != -1) {
		if (o == 'n')
			n = number(optarg);
		else if (o == 'w')
			warmup = number(optarg);
		else if (o == 'm')
			mode = optarg;
		else if (o == 'f')
			add_file(job, optarg);
		else
			phases = true;
	}
	if (optind >= argc || n < 1 || n > ROUNDS_MAX)
		die("wrong use");
	const char *image = argv[optind++];
	for (; optind < argc; optind++)
		strv_add(&job->argv, argv[optind]);
	if (vm_kernel_open(NULL, &kernel, &err) < 0 || image_open(store, image, &img, &err) < 0)
		die("open");

	struct run_host host = {
		.engine = &vm_engine_uml,
		.kernel = kernel,
		.init = { init_image_start, (size_t)(init_image_end - init_image_start) },
		.cpu = sched_getcpu(),
	};
	char profiles[4096];
	snprintf(profiles, sizeof profiles, "%s/warm", store);
	cleanup_buf struct buf usual = { 0 };
	if (job_usual_config(&usual) < 0)
		die("usual job");
	struct templates_config config = {
		.kernel = kernel,
		.init = host.init,
		.profiles = profiles,
		.usual = buf_span(&usual),
		.live = live_command,
	};
	config.ahead = strcmp(mode, "ahead") == 0 ? 4 : 0;
	if (strcmp(mode, "cold") != 0 && templates_new(&config, &host.templates, &err) < 0)
		die("templates");
	warm(&host, img, job, warmup);
	for (int i = 0; i < n; i++) {
		if (config.ahead)
			await_clones(&host, config.ahead);
		uint64_t read;
		ms[i] = run_once(&host, img, job, phases, &read);
	}
	struct templates_stats s = { .clones = 0 };
	if (host.templates)
		templates_stats(host.templates, &s);
	qsort(ms, (size_t)n, sizeof *ms, by_size);
	printf("{\"mode\": \"%s\", \"rounds\": %d, \"median_ms\": %.3f, \"p95_ms\": %.3f, "
	       "\"min_ms\": %.3f, "
	       "\"clones\": %llu, \"cold\": %llu, \"template_kib\": %llu}\n",
		mode, n, ms[n / 2], ms[(size_t)n * 95 / 100], ms[0], (unsigned long long)s.clones,
		(unsigned long long)s.cold, (unsigned long long)s.bytes / 1024);
	templates_free(host.templates);
	return 0;
}
