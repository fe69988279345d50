/* SPDX-License-Identifier: MIT */
/* What the files of this library share. */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cache/entry.h"
#include "clerk.h"
#include "images.h"
#include "key/key.h"
#include "order.h"
#include "queue/queue.h"
#include "run/run.h"
#include "service.h"

enum {
	CLIENT_MAX = 64,
	CHORE_FROM = 256 << 10, /* bytes: what is larger is for the clerk */
};

/* What a slot needs of a job, and what it is told. Belongs to the flight. */
struct cargo {
	struct service *service;
	struct job *job;
	char *image_name;
	struct held_image *image;
	char key[KEY_SIZE];
	bool kept; /* the result goes to the cache */
	bool live; /* atomic: somebody wants the output as it comes */
	int cancel_fd;
};

/* What a running flight says to its waiters. */
struct live_output {
	int stream;
	struct span bytes;
};

enum answer_form { FORM_JSON, FORM_MULTIPART, FORM_EVENTS };

/* What hangs on a request that is not answered at once. */
struct visit {
	const struct visit_ops *ops;
};

struct visit_ops {
	void (*body)(struct visit *v, struct span bytes);
	void (*end)(struct visit *v);
	void (*gone)(struct visit *v);
	void (*done)(struct visit *v); /* the request is no more */
};

struct message;
struct upload;

struct exchange {
	struct visit visit; /* first */
	struct service *service;
	struct http_request *request; /* NULL once it is done */
	unsigned references;          /* atomic: the request, and each message under way */
	enum answer_form form;
	char client[CLIENT_MAX];
	struct buf body;       /* of JSON */
	struct upload *upload; /* of multipart */
	uint64_t charged;      /* bytes of the service's upload budget */
	struct order order;
	struct held_image *image;
	char key[KEY_SIZE];
	struct ticket *ticket;
	struct message *farewell; /* to bring the outcome */
	struct http_stream *stream;
	struct chore chore;       /* reading a large order, or writing a large answer */
	struct order_fault fault; /* what reading it said */
	int read;
	struct entry *entry;      /* the outcome */
	struct http_reply *reply; /* made of it */
	uint64_t queue_us, begin_us;
	bool cached, gzip;
	const char *outcome; /* for the log */
};

struct slot {
	struct service *service;
	unsigned number;
	int cpu;
	pthread_t thread;
	bool started;
};

struct service {
	struct service_setup setup;
	struct http_server *http;
	struct queue *queue;
	struct rate *rate;
	struct images *images;
	struct hot_results *hot;
	struct page *page;
	struct programs *programs;
	struct probe *probe;
	struct metrics *metrics;
	struct proxies *proxies;
	struct slot *slots;
	struct clerk *clerk;
	struct entry *no_memory; /* the outcome of a run when there is none for its own */
	uint64_t hot_hits;
	uint64_t uploading; /* bytes that requests have in memory */
	bool draining, abandoned;
	uint64_t drain_end_ms;
	struct buf log;
	uint64_t last_run_ms; /* atomic: when a VM last gave a result */
};

/* service.c */
uint64_t serve_clock_us(void);
void service_look_around(struct service *s);

/* slots.c */
int slots_start(struct service *s, struct error *err);
void slots_join(struct service *s);
struct entry *make_no_memory(struct service *s);
void cargo_cancel(void *ptr);
void cargo_release(void *ptr);

/* routes.c */
extern const struct http_handler service_handler;

/* exchange.c */
struct exchange *exchange_new(
	struct service *s, struct http_request *r, const struct visit_ops *ops);
struct exchange *exchange_ref(struct exchange *x);
void exchange_unref(struct exchange *x); /* the last time in the HTTP thread */
void exchange_gone(struct visit *v);
void exchange_done(struct visit *v);

void exchange_fail(struct exchange *x, unsigned status, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* A refusal that says when to come back. */
void exchange_fail_for_now(
	struct exchange *x, unsigned status, uint64_t wait_us, const char *detail);
/* Makes @entry the exchange's answer, in the form that it asked for. */
void exchange_answer(struct exchange *x, struct entry *entry);

/* flights.c: into the queue */
void exchange_enqueue(struct exchange *x);

/* runs.c: POST /api/v1/runs */
void runs_begin(struct service *s, struct http_request *r, const char *rest);
struct exchange *exchange_of(struct visit *v); /* NULL when it is another's */
void runs_cancel(struct service *s, struct http_request *r, const char *id);
/* events.c: the same as a stream of events */
bool events_open(struct exchange *x);
void events_start(struct exchange *x, size_t position);
void events_send(struct exchange *x, const char *event, struct span json);
void events_output(struct exchange *x, int stream, struct span bytes);

/* answers.c */
struct http_reply *answer_json(unsigned status, struct buf *body /* taken */, const char *type);
struct http_reply *answer_problem(unsigned status, const char *field, const char *detail);
/* Sends and drops @reply; NULL, for want of memory, ends the connection. */
void answer(struct http_request *r, struct http_reply *reply);
void answer_with_problem(struct http_request *r, unsigned status, const char *field,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Which pages may read it; for replies that are not sent by answer(). */
bool cors_is_open(const struct service *s);
void answer_cors(struct service *s, struct http_request *r, struct http_reply *p);
int problem_json(unsigned status, const char *field, const char *detail, struct buf *to);

/* client.c: who asks, for fairness and limits: the address, or the network of an IPv6 one. */
void client_of(struct service *s, struct http_request *r, char client[CLIENT_MAX]);

/* hot.c: GET /api/v1/results/KEY */
struct hot_results;
struct hot_results *hot_new(uint64_t max_bytes);
void hot_free(struct hot_results *t);
void hot_get(struct service *s, struct http_request *r, const char *key);
void hot_forget(struct service *s, const char *key); /* there is a newer one */

/* links.c: POST and GET /api/v1/links */
void links_begin(struct service *s, struct http_request *r, const char *rest);
void links_show(struct service *s, struct http_request *r, const char *id);

/* assets.c: the page. False when it has nothing at this path. */
struct page;
struct page *page_new(void);
void page_free(struct page *pages);
bool page_has(const char *path);
bool page_serve(struct service *s, struct http_request *r);

/* status.c: what is there, and how it is */
void status_health(struct service *s, struct http_request *r, const char *rest);
void status_ready(struct service *s, struct http_request *r, const char *rest);
void status_images(struct service *s, struct http_request *r, const char *rest);
void status_limits(struct service *s, struct http_request *r, const char *rest);
void status_openapi(struct service *s, struct http_request *r, const char *rest);
void status_metrics(struct service *s, struct http_request *r, const char *rest);

/* counts.c: what /metrics shows */
struct run_phases;
void count_request(struct service *s, const struct http_request *r, unsigned status, uint64_t us);
void count_run(struct service *s, enum result_outcome outcome, uint64_t queue_us,
	const struct run_phases *phases); /* any thread */
void count_states(struct service *s);     /* what others count */

/* probe.c: a run of our own, when there was none for a while */
struct probe *probe_new(struct service *s);
void probe_free(struct probe *p);
void probe_look(struct probe *p);

/* log.c: one line for each request */
void log_request(struct service *s, const struct http_request *r, unsigned status, uint64_t us,
	const struct exchange *x);
void log_problem(struct service *s, const char *what, const char *message);
void log_flush(struct service *s);
