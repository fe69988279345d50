/* SPDX-License-Identifier: MIT */
/* What /metrics shows: counted here, or asked of those who count it. */
#include "internal.h"

#include <string.h>

#include "cache/cache.h"
#include "cache/links.h"
#include "metrics/metrics.h"

static enum metric_status status_class(unsigned status)
{
	if (status == 0)
		return METRIC_STATUS_ABORTED;
	if (status < 300)
		return METRIC_STATUS_2XX;
	if (status < 400)
		return METRIC_STATUS_3XX;
	return status < 500 ? METRIC_STATUS_4XX : METRIC_STATUS_5XX;
}

static enum metric_route route_of(const char *path)
{
	static const struct {
		const char *prefix;
		enum metric_route route;
	} routes[] = {
		{ "/api/v1/results/", METRIC_ROUTE_RESULTS },
		{ "/api/v1/runs", METRIC_ROUTE_RUNS },
		{ "/api/v1/catalog", METRIC_ROUTE_CATALOG },
		{ "/api/v1/links", METRIC_ROUTE_LINKS },
		{ "/api/", METRIC_ROUTE_OTHER },
		{ "/healthz", METRIC_ROUTE_OTHER },
		{ "/readyz", METRIC_ROUTE_OTHER },
		{ "/metrics", METRIC_ROUTE_OTHER },
	};

	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
		if (strncmp(path, routes[i].prefix, strlen(routes[i].prefix)) == 0)
			return routes[i].route;
	return METRIC_ROUTE_PAGE;
}

void count_request(struct service *s, const struct http_request *r, unsigned status, uint64_t us)
{
	metrics_add(s->metrics, METRIC_REQUESTS, status_class(status), 1);
	metrics_observe(s->metrics, METRIC_REQUEST_SECONDS, route_of(http_path(r)), us);
}

void count_run(struct service *s, enum result_outcome outcome, uint64_t queue_us,
	const struct run_phases *p)
{
	struct metrics *m = s->metrics;

	metrics_add(m, METRIC_RUNS, outcome, 1);
	metrics_observe(m, METRIC_PHASE_SECONDS, METRIC_PHASE_QUEUE, queue_us);
	if (!p)
		return;
	const struct {
		enum metric_phase phase;
		uint64_t us;
	} phases[] = {
		{ METRIC_PHASE_PACK, p->pack },
		{ METRIC_PHASE_JAIL, p->jail },
		{ METRIC_PHASE_KERNEL, p->kernel },
		{ METRIC_PHASE_INIT, p->init },
		{ METRIC_PHASE_START, p->start },
		{ METRIC_PHASE_PROGRAM, p->program },
		{ METRIC_PHASE_UNPACK, p->unpack },
		{ METRIC_PHASE_POWER_OFF, p->power_off },
		{ METRIC_PHASE_COLLECT, p->collect },
		{ METRIC_PHASE_TOTAL, p->total },
	};
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		metrics_observe(m, METRIC_PHASE_SECONDS, phases[i].phase, phases[i].us);
	metrics_add(m, METRIC_STARTS, p->is_clone ? METRIC_START_CLONE : METRIC_START_COLD, 1);
}

static void count_cache(struct service *s)
{
	struct metrics *m = s->metrics;
	struct cache_stats c;

	if (!s->setup.cache)
		return;
	cache_stats(s->setup.cache, &c);
	for (unsigned i = 0; i < CACHE_TIERS; i++)
		metrics_set(m, METRIC_CACHE_LOOKUPS, i,
			c.lookups[i] + (i == CACHE_MEMORY ? s->hot_hits : 0));
	metrics_set(m, METRIC_CACHE_BYTES, CACHE_MEMORY, c.memory_bytes);
	metrics_set(m, METRIC_CACHE_BYTES, CACHE_DISK, c.disk_bytes);
	metrics_set(m, METRIC_CACHE_ENTRIES, CACHE_MEMORY, c.memory_entries);
	metrics_set(m, METRIC_CACHE_ENTRIES, CACHE_DISK, c.disk_entries);
	metrics_set(m, METRIC_CACHE_EVICTED, CACHE_MEMORY, c.memory_evicted);
	metrics_set(m, METRIC_CACHE_EVICTED, CACHE_DISK, c.disk_evicted);
	metrics_set(m, METRIC_CACHE_ERRORS, METRIC_CACHE_DISK, c.disk_errors);
	metrics_set(m, METRIC_CACHE_ERRORS, METRIC_CACHE_DAMAGED, c.damaged);
}

static void count_links(struct service *s)
{
	struct links_stats l;

	if (!s->setup.links)
		return;
	links_stats(s->setup.links, &l);
	metrics_set(s->metrics, METRIC_LINKS, 0, l.entries);
	metrics_set(s->metrics, METRIC_LINKS_BYTES, 0, l.bytes);
}

void count_states(struct service *s)
{
	struct metrics *m = s->metrics;
	struct http_counts h;
	struct queue_stats q;

	http_server_counts(s->http, &h);
	queue_stats(s->queue, &q);
	metrics_set(m, METRIC_CONNECTIONS, 0, h.open);
	metrics_set(m, METRIC_CONNECTIONS_ACCEPTED, 0, h.accepted);
	metrics_set(m, METRIC_CONNECTIONS_EVICTED, 0, h.evicted);
	metrics_set(m, METRIC_QUEUE_WAITING, 0, q.waiting);
	metrics_set(m, METRIC_QUEUE_CLIENTS, 0, q.clients);
	metrics_set(m, METRIC_SLOTS, 0, s->setup.slots);
	metrics_set(m, METRIC_SLOTS_BUSY, 0, q.running);
	count_cache(s);
	count_links(s);
}
