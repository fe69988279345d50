/* SPDX-License-Identifier: MIT */
/* Slots: each takes a flight when it is free, runs it on its own CPU, and says how it ended. */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>

#include "cache/cache.h"
#include "image/image.h"
#include "job/json.h"
#include "job/result.h"
#include "metrics/metrics.h"
#include "parcel.h"
#include "vm/vm.h"

void cargo_cancel(void *ptr)
{
	eventfd_write(((struct cargo *)ptr)->cancel_fd, 1);
}

void cargo_release(void *ptr)
{
	struct cargo *c = ptr;

	if (!c)
		return;
	job_free(c->job);
	free(c->image_name);
	held_image_unref(c->image);
	cleanup_closep(&c->cancel_fd);
	free(c);
}

struct flying {
	struct service *service;
	struct flight *flight;
};

static void on_output(void *ctx, int stream, struct span bytes)
{
	const struct flying *f = ctx;
	const struct live_output event = { stream, bytes };

	queue_publish(f->service->queue, f->flight, &event);
}

static struct entry *make_entry(const struct cargo *c, const struct result *result)
{
	const struct result_origin origin = {
		c->image_name,
		c->image->image->digest,
		c->service->setup.host->engine->name,
	};
	cleanup_buf struct buf b = { 0 };

	if (parcel_write(result, &origin, &b) < 0)
		return NULL;
	return entry_new(
		c->key, result->outcome, (int64_t)time(NULL), (struct span){ "", 0 }, buf_span(&b));
}

/* Nothing came back: a job that nobody can run is its sender's, the rest is ours. */
static struct entry *make_failure(const struct cargo *c, int r, const struct error *err)
{
	cleanup(result_freep) struct result *result =
		result_new(r == -EINVAL ? RESULT_REJECTED : RESULT_LOST, err->text);

	return result ? make_entry(c, result) : NULL;
}

struct entry *make_no_memory(struct service *s)
{
	static const char why[] = "no memory for the result";
	const struct result_origin origin = { "", NULL, s->setup.host->engine->name };
	cleanup(result_freep) struct result *result = result_new(RESULT_LOST, why);
	cleanup_buf struct buf b = { 0 };

	if (!result || parcel_write(result, &origin, &b) < 0)
		return NULL;
	return entry_new("", RESULT_LOST, 0, (struct span){ "", 0 }, buf_span(&b));
}

static bool is_ours(int r)
{
	return r < 0 && r != -EINVAL && r != -ECANCELED;
}

/* Three are enough for a line of a log; the metrics have them all. */
static void note_phases(struct entry *e, const struct run_phases *p)
{
	e->program_us = p->program;
	e->start_us = p->pack + p->jail + p->kernel + p->init + p->start;
	e->finish_us = p->unpack + p->power_off + p->collect;
}

static void fly(struct slot *slot, struct flight *flight)
{
	struct service *s = slot->service;
	struct cargo *c = flight_payload(flight);
	cleanup(result_freep) struct result *result = NULL;
	cleanup(entry_unrefp) struct entry *e = NULL;
	struct flying flying = { s, flight };
	struct run_host host = *s->setup.host;
	struct vm *left = NULL;
	const struct run_watch watch = {
		.cancel_fd = c->cancel_fd,
		.output = __atomic_load_n(&c->live, __ATOMIC_RELAXED) ? on_output : NULL,
		.ctx = &flying,
		.left = &left,
	};
	struct run_phases phases;
	struct error err;

	host.cpu = slot->cpu;
	int r = run_job(&host, c->image->image, c->job, &watch, &result, &phases, &err);
	if (is_ours(r) && queue_retry(s->queue, flight, slot->number)) {
		metrics_add(s->metrics, METRIC_RUNS_RETRIED, 0, 1);
		host.engine->free(left);
		return;
	}
	if (r == 0)
		__atomic_store_n(&s->last_run_ms, serve_clock_us() / 1000, __ATOMIC_RELAXED);
	if (r != -ECANCELED)
		e = r == 0 ? make_entry(c, result) : make_failure(c, r, &err);
	if (e && r == 0)
		note_phases(e, &phases);
	if (e && c->kept && s->setup.cache)
		cache_put(s->setup.cache, e);
	if (!e && r != -ECANCELED)
		e = entry_ref(s->no_memory);
	if (e)
		count_run(s, e->outcome, flight_queue_us(flight), r == 0 ? &phases : NULL);
	else
		metrics_add(s->metrics, METRIC_RUNS_CANCELLED, 0, 1);
	queue_finish(s->queue, flight, e);
	host.engine->free(left);
}

static void *work(void *arg)
{
	struct slot *slot = arg;
	struct flight *f;
	cpu_set_t set;

	if (slot->cpu >= 0) {
		CPU_ZERO(&set);
		CPU_SET((size_t)slot->cpu, &set);
		sched_setaffinity(0, sizeof set, &set);
	}
	while ((f = queue_pop(slot->service->queue, slot->number)))
		fly(slot, f);
	return NULL;
}

int slots_start(struct service *s, struct error *err)
{
	s->slots = calloc(s->setup.slots, sizeof *s->slots);
	if (!s->slots)
		return fail(err, -ENOMEM, "make %zu slots", s->setup.slots);
	for (size_t i = 0; i < s->setup.slots; i++) {
		struct slot *slot = &s->slots[i];

		*slot = (struct slot){
			.service = s, .number = (unsigned)i, .cpu = s->setup.cpus[i]
		};
		int r = pthread_create(&slot->thread, NULL, work, slot);
		if (r > 0)
			return fail(err, -r, "start slot %zu", i);
		slot->started = true;
	}
	return 0;
}

void slots_join(struct service *s)
{
	for (size_t i = 0; s->slots && i < s->setup.slots; i++)
		if (s->slots[i].started)
			pthread_join(s->slots[i].thread, NULL);
	free(s->slots);
	s->slots = NULL;
}
