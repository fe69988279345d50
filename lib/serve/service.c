/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "http/proxies.h"
#include "metrics/metrics.h"
#include "programs.h"
#include "queue/rate.h"

enum { RATE_CLIENTS = 100000, LAST_ANSWERS_MS = 10000 };

uint64_t serve_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int make_parts(struct service *s, struct error *err)
{
	const struct service_setup *u = &s->setup;
	const struct queue_setup queue = {
		.max_waiting = u->max_waiting,
		.max_per_client = u->max_per_client,
		.slots = (unsigned)u->slots,
		.cancel = cargo_cancel,
		.release = cargo_release,
	};
	const struct rate_setup rate = {
		.per_second = u->rate_per_second,
		.burst = u->rate_burst < 1 ? 1 : u->rate_burst,
		.max_clients = RATE_CLIENTS,
	};

	s->queue = queue_new(&queue);
	s->rate = rate_new(&rate);
	s->images = images_new(u->store);
	s->hot = hot_new(u->hot_bytes);
	s->page = page_new();
	s->metrics = metrics_new();
	s->probe = probe_new(s);
	s->no_memory = make_no_memory(s);
	if (!s->queue || !s->rate || !s->images || !s->hot || !s->page || !s->metrics ||
		!s->probe || !s->no_memory)
		return fail(err, -ENOMEM, "make the service");
	struct error said;
	s->programs = programs_new(u->store, u->catalog, &said);
	if (!s->programs)
		return fail(err, -ENOMEM, "make the catalog");
	if (said.text[0])
		log_problem(s, "catalog", said.text);
	return proxies_new(u->proxies, &s->proxies, err);
}

int service_new(const struct service_setup *setup, struct service **ret, struct error *err)
{
	cleanup(service_freep) struct service *s = calloc(1, sizeof *s);

	if (!s)
		return fail(err, -ENOMEM, "make the service");
	s->setup = *setup;
	int r = make_parts(s, err);
	if (r == 0)
		r = http_server_new(&setup->http, &service_handler, s, &s->http, err);
	if (r == 0)
		r = clerk_start(s->http, &s->clerk, err);
	if (r == 0)
		r = slots_start(s, err);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

struct http_server *service_http(struct service *s)
{
	return s->http;
}

int service_run(struct service *s, struct error *err)
{
	int r = http_server_run(s->http, err);

	log_flush(s);
	return r;
}

static void abandon(struct service *s)
{
	s->abandoned = true;
	queue_abandon(s->queue);
}

/* While it drains: with the last run answered, it ends; when that takes too long, runs are given
 * up. */
void service_look_around(struct service *s)
{
	struct queue_stats q;

	probe_look(s->probe);
	if (!s->draining)
		return;
	if (!s->abandoned && serve_clock_us() / 1000 >= s->drain_end_ms)
		abandon(s);
	queue_stats(s->queue, &q);
	if (q.tickets == 0 && q.running == 0)
		http_server_stop(s->http, LAST_ANSWERS_MS);
}

void service_drain(struct service *s)
{
	if (s->draining)
		abandon(s);
	else
		s->drain_end_ms = serve_clock_us() / 1000 + s->setup.drain_ms;
	s->draining = true;
	queue_close(s->queue);
	http_server_drain(s->http);
	service_look_around(s);
}

void service_free(struct service *s)
{
	if (!s)
		return;
	if (s->queue)
		queue_abandon(s->queue);
	slots_join(s);
	clerk_end(s->clerk);
	http_server_free(s->http);
	probe_free(s->probe);
	if (s->queue)
		queue_free(s->queue);
	rate_free(s->rate);
	images_free(s->images);
	hot_free(s->hot);
	page_free(s->page);
	programs_free(s->programs);
	metrics_free(s->metrics);
	proxies_free(s->proxies);
	entry_unref(s->no_memory);
	buf_done(&s->log);
	free(s);
}

void service_freep(struct service **s)
{
	service_free(*s);
}
