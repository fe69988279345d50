/* SPDX-License-Identifier: MIT */
/*
 * What the service counts, and how it is shown to Prometheus. All of it is one table (metrics.c); a
 * row has at most one label, whose values are part of the row.
 *
 * Threads: any; no locks, an atomic addition each. A page of text may show one of two numbers that
 * belong together before the other.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct metrics;

/* Counters only grow, gauges are set, histograms take durations. */
enum metric {
	METRIC_REQUESTS,    /* label: enum metric_status */
	METRIC_CONNECTIONS, /* gauge: open now */
	METRIC_CONNECTIONS_ACCEPTED,
	METRIC_CONNECTIONS_EVICTED, /* idle ones closed to make room */
	METRIC_RUNS,                /* label: enum result_outcome */
	METRIC_RUNS_CANCELLED,
	METRIC_RUNS_RETRIED,
	METRIC_REFUSED,       /* label: enum metric_refusal */
	METRIC_COALESCED,     /* requests that joined a run in flight */
	METRIC_QUEUE_WAITING, /* gauges */
	METRIC_QUEUE_CLIENTS,
	METRIC_SLOTS,
	METRIC_SLOTS_BUSY,
	METRIC_CACHE_LOOKUPS,   /* label: enum metric_tier */
	METRIC_CACHE_BYTES,     /* gauge; label: enum metric_tier, but miss */
	METRIC_CACHE_ENTRIES,   /* the same */
	METRIC_CACHE_EVICTED,   /* the same */
	METRIC_CACHE_ERRORS,    /* label: enum metric_cache_error */
	METRIC_LINKS,           /* gauge */
	METRIC_LINKS_BYTES,     /* gauge */
	METRIC_PHASE_SECONDS,   /* histogram; label: enum metric_phase */
	METRIC_REQUEST_SECONDS, /* histogram; label: enum metric_route */
	METRIC_STARTS,          /* label: enum metric_start */
	METRICS,
};

enum metric_status { /* by class of status code */
	METRIC_STATUS_2XX,
	METRIC_STATUS_3XX,
	METRIC_STATUS_4XX,
	METRIC_STATUS_5XX,
	METRIC_STATUS_ABORTED, /* the client went away before it had its answer */
};

enum metric_refusal {
	METRIC_REFUSED_FULL,   /* the queue: 503 */
	METRIC_REFUSED_CLIENT, /* too many of one client: 429 */
	METRIC_REFUSED_RATE,   /* too often by one client: 429 */
	METRIC_REFUSED_CLOSED, /* shutting down: 503 */
};

/* In the order of enum cache_tier. */
enum metric_tier {
	METRIC_TIER_MISS,
	METRIC_TIER_MEMORY,
	METRIC_TIER_DISK,
};

enum metric_cache_error {
	METRIC_CACHE_DISK,    /* reads and writes that failed */
	METRIC_CACHE_DAMAGED, /* set aside */
};

/* Those of struct run_phases, and the queue before them. */
enum metric_phase {
	METRIC_PHASE_QUEUE,
	METRIC_PHASE_PACK,
	METRIC_PHASE_JAIL,
	METRIC_PHASE_KERNEL,
	METRIC_PHASE_INIT,
	METRIC_PHASE_START,
	METRIC_PHASE_PROGRAM,
	METRIC_PHASE_UNPACK,
	METRIC_PHASE_POWER_OFF,
	METRIC_PHASE_COLLECT,
	METRIC_PHASE_TOTAL,
};

enum metric_route {
	METRIC_ROUTE_RUNS,
	METRIC_ROUTE_RESULTS,
	METRIC_ROUTE_CATALOG,
	METRIC_ROUTE_LINKS,
	METRIC_ROUTE_PAGE,
	METRIC_ROUTE_OTHER,
};

enum metric_start {
	METRIC_START_COLD,
	METRIC_START_CLONE,
};

/* All zero. NULL without memory. */
struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);

/* @label: the index of the label's value, 0 for rows without one. A @label that is none is ignored.
 */
void metrics_add(struct metrics *m, enum metric which, unsigned label, uint64_t n); /* counters */
void metrics_set(struct metrics *m, enum metric which, unsigned label,
	uint64_t value); /* gauges, and counters
			   that somebody else keeps */
void metrics_gauge(struct metrics *m, enum metric which, unsigned label, int64_t change);
void metrics_observe(
	struct metrics *m, enum metric which, unsigned label, uint64_t us); /* histograms */

uint64_t metrics_value(const struct metrics *m, enum metric which, unsigned label);

/* Appends all of it in Prometheus' text format (version 0.0.4), with the process's own numbers.
 * -ENOMEM. */
int metrics_format(const struct metrics *m, struct buf *to);
#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
