/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "process.h"

enum {
	LABELS_MAX = 12,
	BUCKETS = 22,
};

enum kind {
	COUNTER,
	GAUGE,
	HISTOGRAM,
};

struct row {
	const char *name, *help;
	enum kind kind;
	const char *label;                  /* NULL: none */
	const char *values[LABELS_MAX + 1]; /* NULL-terminated; a "" is not shown */
};

#define TIERS "", "memory", "disk"

static const struct row rows[METRICS] = {
	[METRIC_REQUESTS] = { "pe_http_requests_total", "Requests answered.", COUNTER, "status",
		{ "2xx", "3xx", "4xx", "5xx", "aborted" } },
	[METRIC_CONNECTIONS] = { "pe_http_connections", "Connections open now.", GAUGE, NULL,
		{ NULL } },
	[METRIC_CONNECTIONS_ACCEPTED] = { "pe_http_connections_accepted_total",
		"Connections accepted.", COUNTER, NULL, { NULL } },
	[METRIC_CONNECTIONS_EVICTED] = { "pe_http_connections_evicted_total",
		"Idle connections closed to make room.", COUNTER, NULL, { NULL } },
	[METRIC_RUNS] = { "pe_runs_total", "Runs that ended, by outcome.", COUNTER, "outcome",
		{ "exited", "signaled", "timeout", "out_of_memory", "output_limit", "not_found",
			"not_executable", "rejected", "lost" } },
	[METRIC_RUNS_CANCELLED] = { "pe_runs_cancelled_total",
		"Runs that nobody waited for any more.", COUNTER, NULL, { NULL } },
	[METRIC_RUNS_RETRIED] = { "pe_runs_retried_total",
		"Runs that were lost and tried once more.", COUNTER, NULL, { NULL } },
	[METRIC_REFUSED] = { "pe_refused_total", "Requests for runs that were refused.", COUNTER,
		"reason", { "full", "client", "rate", "closed" } },
	[METRIC_COALESCED] = { "pe_coalesced_total", "Requests that joined a run in flight.",
		COUNTER, NULL, { NULL } },
	[METRIC_QUEUE_WAITING] = { "pe_queue_waiting", "Runs that wait for a slot.", GAUGE, NULL,
		{ NULL } },
	[METRIC_QUEUE_CLIENTS] = { "pe_queue_clients", "Clients with runs that wait or run.", GAUGE,
		NULL, { NULL } },
	[METRIC_SLOTS] = { "pe_slots", "Slots, each runs one VM at a time.", GAUGE, NULL,
		{ NULL } },
	[METRIC_SLOTS_BUSY] = { "pe_slots_busy", "Slots that run a VM now.", GAUGE, NULL,
		{ NULL } },
	[METRIC_CACHE_LOOKUPS] = { "pe_cache_lookups_total",
		"Look-ups of results, by where they were.", COUNTER, "tier",
		{ "miss", "memory", "disk" } },
	[METRIC_CACHE_BYTES] = { "pe_cache_bytes", "Bytes of kept results.", GAUGE, "tier",
		{ TIERS } },
	[METRIC_CACHE_ENTRIES] = { "pe_cache_entries", "Kept results.", GAUGE, "tier", { TIERS } },
	[METRIC_CACHE_EVICTED] = { "pe_cache_evicted_total", "Results given up to make room.",
		COUNTER, "tier", { TIERS } },
	[METRIC_CACHE_ERRORS] = { "pe_cache_errors_total", "What went wrong with kept results.",
		COUNTER, "kind", { "disk", "damaged" } },
	[METRIC_LINKS] = { "pe_links", "Short links.", GAUGE, NULL, { NULL } },
	[METRIC_LINKS_BYTES] = { "pe_links_bytes", "Bytes of the states behind short links.", GAUGE,
		NULL, { NULL } },
	[METRIC_PHASE_SECONDS] = { "pe_phase_seconds", "Where the time of a run goes.", HISTOGRAM,
		"phase",
		{ "queue", "pack", "jail", "kernel", "init", "start", "program", "unpack",
			"power_off", "collect", "total" } },
	[METRIC_REQUEST_SECONDS] = { "pe_http_request_seconds",
		"From a request's head to its answer's end.", HISTOGRAM, "route",
		{ "runs", "results", "catalog", "links", "page", "other" } },
	[METRIC_STARTS] = { "pe_starts_total", "How VMs were started.", COUNTER, "start",
		{ "cold", "clone" } },
};

/* Upper bounds in microseconds: 1, 2.5 and 5 of each power of ten from 10 us to 60 s. */
static const uint64_t bounds_us[BUCKETS - 1] = { 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
	25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000,
	60000000 };

struct histogram {
	atomic_uint_fast64_t buckets[BUCKETS]; /* not cumulative; the last has no bound */
	atomic_uint_fast64_t sum_us;
};

struct metrics {
	atomic_uint_fast64_t values[METRICS][LABELS_MAX];
	struct histogram *histograms[METRICS]; /* LABELS_MAX each, of those that are */
};

static unsigned count_values(const struct row *r)
{
	unsigned n = 0;

	while (r->values[n])
		n++;
	return n > 0 ? n : 1;
}

static void metrics_freep(struct metrics **m)
{
	metrics_free(*m);
}

struct metrics *metrics_new(void)
{
	cleanup(metrics_freep) struct metrics *m = calloc(1, sizeof *m);

	for (int i = 0; m && i < METRICS; i++) {
		if (rows[i].kind != HISTOGRAM)
			continue;
		m->histograms[i] = calloc(LABELS_MAX, sizeof *m->histograms[i]);
		if (!m->histograms[i])
			return NULL;
	}
	return take_ptr(m);
}

void metrics_free(struct metrics *m)
{
	for (int i = 0; m && i < METRICS; i++)
		free(m->histograms[i]);
	free(m);
}

void metrics_add(struct metrics *m, enum metric which, unsigned label, uint64_t n)
{
	if (label < LABELS_MAX)
		atomic_fetch_add_explicit(&m->values[which][label], n, memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum metric which, unsigned label, uint64_t value)
{
	if (label < LABELS_MAX)
		atomic_store_explicit(&m->values[which][label], value, memory_order_relaxed);
}

void metrics_gauge(struct metrics *m, enum metric which, unsigned label, int64_t change)
{
	metrics_add(m, which, label, (uint64_t)change);
}

void metrics_observe(struct metrics *m, enum metric which, unsigned label, uint64_t us)
{
	unsigned b = 0;

	if (label >= LABELS_MAX || !m->histograms[which])
		return;
	while (b < BUCKETS - 1 && us > bounds_us[b])
		b++;
	struct histogram *h = &m->histograms[which][label];
	atomic_fetch_add_explicit(&h->buckets[b], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, us, memory_order_relaxed);
}

uint64_t metrics_value(const struct metrics *m, enum metric which, unsigned label)
{
	return label < LABELS_MAX
		       ? atomic_load_explicit(&m->values[which][label], memory_order_relaxed)
		       : 0;
}

static int format_values(const struct metrics *m, int which, struct buf *to)
{
	const struct row *r = &rows[which];

	if (!r->label)
		return buf_addf(to, "%s %llu\n", r->name,
			(unsigned long long)metrics_value(m, (enum metric)which, 0));
	int e = 0;
	for (unsigned i = 0; e == 0 && r->values[i]; i++)
		if (*r->values[i])
			e = buf_addf(to, "%s{%s=\"%s\"} %llu\n", r->name, r->label, r->values[i],
				(unsigned long long)metrics_value(m, (enum metric)which, i));
	return e;
}

/* Buckets are read before the count is made of them, so the two agree. */
static int format_histogram(
	const struct row *r, const char *value, struct histogram *h, struct buf *to)
{
	uint64_t sum = 0;
	int e = 0;

	for (int b = 0; e == 0 && b < BUCKETS; b++) {
		sum += atomic_load_explicit(&h->buckets[b], memory_order_relaxed);
		if (b < BUCKETS - 1)
			e = buf_addf(to, "%s_bucket{%s=\"%s\",le=\"%g\"} %llu\n", r->name, r->label,
				value, (double)bounds_us[b] / 1e6, (unsigned long long)sum);
		else
			e = buf_addf(to, "%s_bucket{%s=\"%s\",le=\"+Inf\"} %llu\n", r->name,
				r->label, value, (unsigned long long)sum);
	}
	if (e == 0)
		e = buf_addf(to, "%s_sum{%s=\"%s\"} %.6f\n%s_count{%s=\"%s\"} %llu\n", r->name,
			r->label, value,
			(double)atomic_load_explicit(&h->sum_us, memory_order_relaxed) / 1e6,
			r->name, r->label, value, (unsigned long long)sum);
	return e;
}

static int format_row(const struct metrics *m, int which, struct buf *to)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	const struct row *r = &rows[which];

	int e = buf_addf(
		to, "# HELP %s %s\n# TYPE %s %s\n", r->name, r->help, r->name, kinds[r->kind]);
	if (e == 0 && r->kind != HISTOGRAM)
		return format_values(m, which, to);
	for (unsigned i = 0; e == 0 && i < count_values(r); i++)
		e = format_histogram(r, r->values[i], &m->histograms[which][i], to);
	return e;
}

int metrics_format(const struct metrics *m, struct buf *to)
{
	int e = 0;

	for (int i = 0; e == 0 && i < METRICS; i++)
		e = format_row(m, i, to);
	return e < 0 ? e : process_metrics_format(to);
}
