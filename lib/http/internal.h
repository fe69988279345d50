/* SPDX-License-Identifier: MIT */
/* What the files of this library share. */
#pragma once

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "http.h"

enum { HTTP_LISTENERS_MAX = 16, HTTP_WATCHES_MAX = 8, HTTP_PEER_MAX = 64 };

/* Something in the server's epoll. */
struct source {
	void (*ready)(struct source *self, uint32_t events);
};

struct listener {
	struct source source;
	struct http_server *server;
	int fd;
};

struct watch {
	struct source source;
	void (*call)(void *);
	void *ctx;
};

struct http_stream {
	struct http_request *request;
	struct buf waiting; /* what libmicrohttpd has not taken yet */
	size_t taken;
	struct span probe;
	bool ended;
};

/* One at a time on a connection, so it lives in it. */
struct http_request {
	const char *method, *path;
	struct http_reply *reply;
	struct http_stream *stream;
	void *user;
	uint64_t begin_us, body_length, body_seen;
	struct buf direct; /* an answer that we write ourselves */
	size_t written;
	bool begun, has_body, ended, suspended, gone, aborted, dropping, probed, knows_interim;
};

struct conn_list;

struct conn {
	struct source source; /* of its socket */
	struct http_server *server;
	struct MHD_Connection *mhd;
	struct conn *next, *prev;
	struct conn_list *list;
	int fd;
	uint64_t since_ms;    /* in this list */
	uint64_t deadline_ms; /* of a busy one; 0: none */
	uint64_t half_ms;     /* when its client closed its half; 0: it has not */
	bool closing;         /* we have closed it, and libmicrohttpd is to see that */
	bool hung_up;         /* nobody is there any more */
	char peer[HTTP_PEER_MAX];
	struct http_request request;
};

struct conn_list {
	struct conn *first, *last;
	size_t n;
};

struct http_server {
	struct http_options options;
	const struct http_handler *handler;
	void *ctx;
	struct MHD_Daemon *daemon;
	int epoll_fd, mailbox_fd;
	struct source daemon_source, mailbox_source;
	struct listener listeners[HTTP_LISTENERS_MAX];
	size_t n_listeners;
	struct watch watches[HTTP_WATCHES_MAX];
	size_t n_watches;
	struct conn_list idle, busy;
	struct conn *accepting; /* handed to libmicrohttpd at this moment */
	uint64_t now_ms, sweep_ms, resume_ms /* accepting goes on, 0: it does */, stop_ms;
	bool daemon_ready, draining, stopping;
	bool ended; /* whatever is asked now has no answer */
	pthread_mutex_t mail_lock;
	struct http_mail *mail_first, *mail_last;
	struct http_counts counts;
};

struct http_reply {
	struct MHD_Response *response;
	unsigned status;
	unsigned references; /* atomic */
	struct span body;    /* empty for a stream */
};

static inline struct conn *conn_of(const struct http_request *r)
{
	return (struct conn *)((uintptr_t)r - offsetof(struct conn, request));
}

/* connections.c */
void connections_accept(struct listener *l);
void connections_sweep(struct http_server *s);
void conn_move(struct conn *c, struct conn_list *to);
void conn_set_deadline(struct conn *c, uint64_t bytes);
void conn_close(struct conn *c); /* it ends as soon as libmicrohttpd looks at it */
void on_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
	enum MHD_ConnectionNotificationCode what);

/* request.c */
void on_socket(struct source *source, uint32_t events);
enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
	const char *method, const char *version, const char *data, size_t *n, void **state);
void on_completed(
	void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode how);
void request_wake(struct http_request *r); /* libmicrohttpd looks at it again */
bool request_suspend(struct http_request *r);

/* direct.c */
void direct_begin(struct http_request *r);
void direct_write(struct http_request *r); /* goes on */

/* stream.c */
void stream_free(struct http_stream *t);

uint64_t http_clock_us(void);
