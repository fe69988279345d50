/* SPDX-License-Identifier: MIT */
/* What the files of this library share. */
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include "base/buf.h"
#include "cache/entry.h"
#include "images.h"
#include "key/key.h"
#include "order.h"
#include "queue/queue.h"
#include "run/run.h"
#include "service.h"

enum { CLIENT_MAX = 64 };

/* What a slot needs of a job, and what it is told. Belongs to the flight. */
struct cargo {
	struct service *service;
	struct job *job;
	char *image_name;
	struct held_image *image;
	char key[KEY_SIZE];
	bool kept;      /* the result goes to the cache */
	bool live;      /* atomic: somebody wants the output as it comes */
	int cancel_fd;
};

/* What a running flight says to its waiters. */
struct live_output {
	int stream;
	struct span bytes;
};

enum answer_form { FORM_JSON, FORM_MULTIPART, FORM_EVENTS };

struct upload;
struct route;

struct exchange {
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
	struct http_stream *stream;
	uint64_t queue_us, begin_us;
	bool cached, finished;
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
	struct slot *slots;
	uint64_t uploading; /* bytes that requests have in memory */
	bool draining;
	struct buf log;
	uint64_t last_run_ms; /* atomic: when a VM last gave a result */
};

/* service.c */
uint64_t serve_clock_us(void);

/* slots.c */
int slots_start(struct service *s, struct error *err);
void slots_join(struct service *s);
void cargo_cancel(void *cargo);
void cargo_release(void *cargo);

/* routes.c */
extern const struct http_handler service_handler;

/* runs.c: POST /api/v1/runs */
void runs_begin(struct service *s, struct http_request *r, const char *rest);
void runs_body(struct exchange *x, struct span bytes);
void runs_end(struct exchange *x);
void runs_gone(struct exchange *x);
void exchange_unref(struct exchange *x);
void runs_cancel(struct service *s, struct http_request *r, const char *id);
void exchange_fail(struct exchange *x, unsigned status, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* events.c: the same as a stream of events */
void events_start(struct exchange *x, size_t position);
void events_send(struct exchange *x, const char *event, struct span json);
void events_output(struct exchange *x, int stream, struct span bytes);

/* answers.c */
struct http_reply *answer_json(unsigned status, struct buf *body /* taken */, const char *type);
struct http_reply *answer_problem(unsigned status, const char *field, const char *detail);
/* Sends and drops @reply; NULL, for want of memory, ends the connection. */
void answer(struct http_request *r, struct http_reply *reply);
void answer_with_problem(struct http_request *r, unsigned status, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int problem_json(unsigned status, const char *field, const char *detail, struct buf *to);

/* results.c: GET /api/v1/results/KEY */
void results_get(struct service *s, struct http_request *r, const char *key);
