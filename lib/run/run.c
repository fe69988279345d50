/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <assert.h>
#include <errno.h>
#include <time.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/live.h"
#include "image/image.h"
#include "job/job.h"
#include "job/result.h"
#include "live.h"
#include "sys/memfd.h"
#include "vm/templates.h"
#include "vm/vm.h"

enum {
	GRACE_MS = 2000, /* from the guest's clock to ours */
	REAP_NS = 50000000,
	STARTUP_MS = 3000, /* what a start may take on a busy host */
	LIVE_MS = 20,      /* between two looks at a running program's output */
	SETTLE_MS = 25,    /* who has not ended by then is worth settling */
	GUEST_TASKS = 16,  /* of the guest that are not the program's */
	DISKS_OWN = 3,     /* image, input, output; what is behind them is the image's data */
};

#define MIB ((uint64_t)1 << 20)

/* A moment by two clocks: the processor's counter is what host and guest share. */
struct moment {
	uint64_t ticks, ns;
};

struct run {
	const struct run_host *host;
	const struct job *job;
	const struct run_watch *watch;
	struct live live;
	int input_fd, output_fd;
	struct vm *vm;
	bool is_clone, record;
	const struct result *result; /* borrowed */
	uint64_t warm_ms;
	int code; /* how the guest kernel ended */
	struct moment begin, packed, started, ended, collected;
};

static struct moment moment_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (struct moment){ __builtin_ia32_rdtsc(),
		(uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec };
}

/* The program's limit is what the program can have: the guest's own needs come on top. */
static uint64_t ram_for(const struct job_limits *l, uint64_t input)
{
	uint64_t ram =
		l->memory_bytes + l->memory_bytes / 32 + 48 * MIB + 2 * input + 2 * l->output_bytes;

	return ram & ~(MIB - 1);
}

/* The limit counts contents; names and headers of the largest number of entries come on top. */
static uint64_t output_disk_size(const struct job_limits *l)
{
	return (l->output_bytes + 8 * MIB) & ~(uint64_t)(BUNDLE_BLOCK - 1);
}

static int make_disks(struct run *r, const struct image *img, struct error *err)
{
	uint64_t size = output_disk_size(&r->job->limits), limit = r->job->limits.output_bytes;
	bool live = r->watch && r->watch->output;

	struct templates *templates = r->host->templates;

	r->record = templates && templates_curious(templates, img->digest);
	const struct job_notes notes = { size, live, r->record };
	int e = job_pack(r->job, img, &notes, &r->input_fd, err);
	if (e < 0)
		return e;
	r->output_fd = memfd_new("output");
	e = r->output_fd < 0 ? r->output_fd
			     : memfd_fix_size(r->output_fd, live ? size + live_size(limit) : size);
	if (e < 0)
		return fail(err, e, "make the output disk");
	return live ? live_open(&r->live, r->output_fd, size, limit, err) : 0;
}

static_assert(DISKS_OWN + IMAGE_DATA_MAX <= VM_DISKS_MAX, "an image may have more than fits");

/* Whatever keeps a clone from starting, booting is the answer. */
static int start_vm(
	struct run *r, const struct image *img, const struct vm_spec *spec, struct error *err)
{
	if (r->host->templates &&
		templates_start(r->host->templates, img->digest, spec, &r->vm, NULL) == 0)
		r->is_clone = true;
	return r->is_clone ? 0 : r->host->engine->start(spec, &r->vm, err);
}

static int with_spec(struct run *r, const struct image *img,
	int (*what)(struct run *r, const struct image *img, const struct vm_spec *spec,
		struct error *err),
	struct error *err)
{
	const struct job_limits *l = &r->job->limits;
	struct vm_disk disks[DISKS_OWN + IMAGE_DATA_MAX] = {
		{ img->fd, false },
		{ r->input_fd, false },
		{ r->output_fd, true },
	};

	for (size_t i = 0; i < img->n_data_fds; i++)
		disks[DISKS_OWN + i] = (struct vm_disk){ img->data_fds[i], false };
	const struct vm_spec spec = {
		.kernel = r->host->kernel,
		.disks = disks,
		.n_disks = DISKS_OWN + img->n_data_fds,
		.init = r->host->init,
		.ram_bytes = ram_for(l, job_input_size(r->job)),
		.processes = l->pids + GUEST_TASKS,
		.cpu_seconds = (l->timeout_ms + GRACE_MS + STARTUP_MS) / 1000 + 1,
		.cpu = r->host->cpu,
		.weak_jail = r->host->weak_jail,
		.image = img->name,
	};

	return what(r, img, &spec, err);
}

/* What the run shows of what others will want to read. */
static int teach(
	struct run *r, const struct image *img, const struct vm_spec *spec, struct error *err)
{
	(void)err;
	if (r->record)
		templates_learn(r->host->templates, img->digest, spec, r->result->warm);
	else if (r->is_clone)
		templates_missed(r->host->templates, img->digest, r->result->read_bytes);
	return 0;
}

/*
 * What of the console goes to the end of an error message, on one line: the panic, if there was
 * one, else the last lines.
 */
static void console_excerpt(const char *text, char *excerpt, size_t n)
{
	const char *panic = strstr(text, "Kernel panic");
	size_t all = strlen(text), from = all > n - 1 ? all - (n - 1) : 0;

	if (panic)
		from = (size_t)(panic - text);
	while (all > from && text[all - 1] == '\n')
		all--;
	size_t part = all - from < n - 1 ? all - from : n - 1;
	memcpy(excerpt, text + from, part);
	excerpt[part] = '\0';
	for (char *c = excerpt; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = '|';
}

static int lost(struct run *r, const char *what, struct error *err)
{
	char tail[300];

	console_excerpt(r->host->engine->console(r->vm), tail, sizeof tail);
	return refuse(err, -EIO, "%s%s%s", what,
		*tail ? "; the guest's console: " : " (its console is empty)", tail);
}

/* Until the VM has ended (0), its time is up (-ETIME) or nobody wants it any more (-ECANCELED). */
static int follow(struct run *r)
{
	const struct run_watch *w = r->watch;
	uint64_t limit = r->job->limits.timeout_ms + GRACE_MS + STARTUP_MS;
	uint64_t deadline = moment_now().ns / 1000000 + limit;

	if (!w)
		return vm_wait(r->host->engine, r->vm, -1, limit);
	for (;;) {
		uint64_t now = moment_now().ns / 1000000,
			 left = now < deadline ? deadline - now : 0;
		uint64_t part = w->output && left > LIVE_MS ? LIVE_MS : left;
		int e = vm_wait(r->host->engine, r->vm, w->cancel_fd, part);

		if (w->output)
			live_poll(&r->live, w->output, w->ctx);
		if (e != -ETIME || part == left)
			return e;
	}
}

static int await(struct run *r, struct error *err)
{
	const struct vm_engine *engine = r->host->engine;
	int cancel_fd = r->watch ? r->watch->cancel_fd : -1;

	int e = vm_wait(engine, r->vm, cancel_fd, SETTLE_MS);
	if (e == -ETIME) {
		engine->settle(r->vm);
		e = follow(r);
	}
	if (e == -ETIME)
		return lost(r, "the VM did not end in time and was killed", err);
	if (e == -ECANCELED)
		return refuse(err, e, "the run was cancelled");
	if (e == 0)
		e = engine->status(r->vm, &r->code);
	if (e < 0)
		return fail(err, e, "wait for the VM");
	r->ended = moment_now();
	return 0;
}

/* "the guest kernel was killed by SIGSYS": what its end says when there is no result. */
static void describe_end(int code, char *text, size_t n)
{
	char name[16];

	if (code > 128)
		snprintf(text, n, "the guest kernel was killed by %s",
			result_signal_name(code - 128, name));
	else
		snprintf(text, n, "the guest kernel ended with status %d", code);
}

static int collect(struct run *r, struct result **ret, struct error *err)
{
	struct error bundle_error;
	char what[700], end[80];

	int e = result_read(r->output_fd, !r->is_clone, ret, &bundle_error);
	if (e < 0 && r->is_clone) {
		r->host->engine->end(r->vm);
		e = result_read(r->output_fd, true, ret, &bundle_error);
	}
	if (e < 0) {
		/* The host tells how a clone ended once it is reaped, by somebody else. */
		if (r->is_clone) {
			nanosleep(&(struct timespec){ .tv_nsec = REAP_NS }, NULL);
			r->host->engine->status(r->vm, &r->code);
		}
		describe_end(r->code, end, sizeof end);
		snprintf(what, sizeof what, "the VM gave no result: %s (%s)", end,
			bundle_error.text);
		return lost(r, what, err);
	}
	if (result_size(*ret) > r->job->limits.output_bytes) {
		result_free(take_ptr(*ret));
		return lost(r, "the VM gave more than its output limit", err);
	}
	if ((*ret)->outcome == RESULT_LOST) {
		snprintf(what, sizeof what, "the guest failed: %s", (*ret)->message);
		result_free(take_ptr(*ret));
		return lost(r, what, err);
	}
	return 0;
}

static uint64_t us_between(uint64_t from, uint64_t to, double ticks_per_us)
{
	return to > from ? (uint64_t)((double)(to - from) / ticks_per_us) : 0;
}

static void account(const struct run *r, struct result *result, struct run_phases *p)
{
	const struct result_stamps *s = &result->stamps;
	double us = (double)(r->collected.ns - r->begin.ns) / 1000;
	double rate = us > 0 ? (double)(r->collected.ticks - r->begin.ticks) / us : 1;
	uint64_t exec = s->exec ? s->exec : s->end;

	result->startup_us = us_between(r->begin.ticks, exec, rate);
	if (!p)
		return;
	*p = (struct run_phases){
		.pack = us_between(r->begin.ticks, r->packed.ticks, rate),
		.jail = us_between(r->packed.ticks, r->started.ticks, rate),
		.kernel = us_between(r->started.ticks, s->init, rate),
		.init = us_between(s->init, s->ready, rate),
		.start = us_between(s->ready, exec, rate),
		.program = us_between(exec, s->end, rate),
		.unpack = us_between(s->end, s->packed, rate),
		.power_off = us_between(s->packed, r->ended.ticks, rate),
		.collect = us_between(r->ended.ticks, r->collected.ticks, rate),
		.total = (uint64_t)us,
		.is_clone = r->is_clone,
	};
}

static void run_done(struct run *r)
{
	if (r->vm && r->watch && r->watch->left)
		*r->watch->left = r->vm;
	else if (r->vm)
		r->host->engine->free(r->vm);
	live_close(&r->live);
	cleanup_closep(&r->input_fd);
	cleanup_closep(&r->output_fd);
}

int run_job(const struct run_host *host, const struct image *img, const struct job *job,
	const struct run_watch *watch, struct result **ret, struct run_phases *phases,
	struct error *err)
{
	cleanup(run_done) struct run r = {

		.host = host, .job = job, .watch = watch, .input_fd = -1, .output_fd = -1
	};
	struct result *result = NULL;

	r.begin = moment_now();
	int e = job_check(job, err);
	if (e == 0)
		e = make_disks(&r, img, err);
	if (e < 0)
		return e;
	r.packed = moment_now();

	e = with_spec(&r, img, start_vm, err);
	if (e < 0)
		return e;
	r.started = moment_now();
	e = await(&r, err);
	if (e == 0)
		e = collect(&r, &result, err);
	if (e < 0)
		return e;
	r.collected = moment_now();
	account(&r, result, phases);
	if (watch && watch->output)
		live_finish(&r.live, result->out, result->err, watch->output, watch->ctx);
	result->is_clone = r.is_clone;
	r.result = result;
	if (host->templates)
		with_spec(&r, img, teach, NULL);
	*ret = result;
	return 0;
}

static int warm(
	struct run *r, const struct image *img, const struct vm_spec *spec, struct error *err)
{
	return templates_warm(r->host->templates, img->digest, spec, r->warm_ms, err);
}

int run_warm(const struct run_host *host, const struct image *img, uint64_t timeout_ms,
	struct error *err)
{
	cleanup(job_freep) struct job *job = job_new();
	struct run r = { .host = host,
		.job = job,
		.input_fd = img->fd,
		.output_fd = img->fd,
		.warm_ms = timeout_ms };

	if (!job)
		return fail(err, -ENOMEM, "warm image '%s'", img->name);
	return with_spec(&r, img, warm, err);
}
