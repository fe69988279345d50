/* SPDX-License-Identifier: MIT */
/*
 * The service: what answers over HTTP. Jobs become runs in VMs, finished runs are kept, links lead
 * back to them.
 *
 * Theory of operation. One thread serves HTTP (lib/http) and never waits: it reads orders, looks
 * into the cache, puts what has to run into the queue and sends answers. N slots, a thread and a
 * CPU each, take flights from the queue, run them and give the outcome back to all who wait for it;
 * what they have to say to the HTTP thread goes through its mailbox. An *exchange* is one POST of a
 * run on its way from the order to the answer; it belongs to the HTTP thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"
#include "http/http.h"
#include "log/log.h"
#include "order.h"

struct cache;
struct links;
struct run_host;
struct service;

struct service_setup {
	const struct run_host *host; /* its cpu is not used */
	const char *store;           /* of images */
	const char *catalog;         /* its directory; NULL: the usual one */
	const int *cpus;             /* one for each slot; -1 for any */
	size_t slots;
	struct order_limits limits;         /* what a job may ask for */
	size_t max_waiting;                 /* runs in the queue */
	size_t max_per_client;              /* requests of one client without an answer */
	double rate_per_second, rate_burst; /* of runs, for each client; 0: no limit */
	uint64_t upload_bytes;              /* that all requests together may have in memory */
	struct http_options http;
	char *const *proxies;   /* addresses and networks whose X-Forwarded-For is believed;
				   NULL-terminated */
	char *const *origins;   /* pages of which origins may use the API; NULL-terminated */
	uint64_t drain_ms;      /* how long a stop waits for runs */
	uint64_t hot_bytes;     /* of whole replies that are asked for often */
	struct cache *cache;    /* borrowed; NULL: nothing is kept */
	struct links *links;    /* borrowed; NULL: no links */
	const char *public_url; /* in front of /l/ID in a link; "" for the path alone */
	/* One line for each request, and one for each thing that went wrong; called in the HTTP
	 * thread. */
	void (*log)(void *ctx, struct span lines);
	enum log_format log_format;
	void *log_ctx;
};

/* Everything of @setup is copied or borrowed for the service's life. */
int service_new(const struct service_setup *setup, struct service **ret, struct error *err);

struct http_server *service_http(struct service *s);

/* Serves until service_drain() has done its work. */
int service_run(struct service *s, struct error *err);

/* New runs are refused, those that wait or run get their answers, then service_run() returns; a
 * second call gives up what runs. In the HTTP thread. */
void service_drain(struct service *s);

void service_free(struct service *s);
void service_freep(struct service **s);
