/* SPDX-License-Identifier: MIT */
/*
 * An HTTP/1.1 server: libmicrohttpd speaks the protocol, this library keeps the connections.
 *
 * Theory of operation. A server is one thread, in http_server_run(), which sits in one epoll: the
 * listening sockets, libmicrohttpd's own epoll, a mailbox by which other threads have functions
 * called in this one, and the sockets of those connections whose answer is not known yet
 * (libmicrohttpd does not look at these, so that we see who goes away). Everything of a server, its
 * requests and streams belongs to that thread; only http_post() may be called from another.
 *
 * Connections are idle (between two requests; an unfinished head counts as such) or busy. When
 * there are as many as may be, the longest-idle one is closed to make room; one that is idle for
 * too long, sends its body or reads its answer too slowly is closed by a sweep that runs each
 * second.
 *
 * The life of a request: handler->begin() with the head, body() for each part of the body, end()
 * behind it. From any of these, or later, somebody calls http_answer() or http_stream_start(),
 * once. gone() says that the client went away before; done() is the last call in any case.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

struct http_server;
struct http_request;
struct http_reply;
struct http_stream;

struct http_handler {
	void (*begin)(void *ctx, struct http_request *r);
	void (*body)(void *ctx, struct http_request *r, struct span bytes);
	void (*end)(void *ctx, struct http_request *r);
	void (*gone)(void *ctx, struct http_request *r);
	/* @status: what was answered, 0 for nothing; @us: from the head to now. */
	void (*done)(void *ctx, struct http_request *r, unsigned status, uint64_t us);
	/* Each time before the server sleeps. */
	void (*idle)(void *ctx);
};

struct http_options {
	size_t connections;   /* at the same time */
	uint64_t idle_ms;     /* between two requests */
	uint64_t patience_ms; /* for a body, and for an answer to be read, whatever their size */
	uint64_t bytes_per_second; /* and for each this many bytes a second more */
	size_t head_bytes;         /* of a request */
	uint64_t body_bytes; /* what is refused is still read up to here, so that its sender sees
				the answer */
};

/* @handler and @ctx outlive the server. */
int http_server_new(const struct http_options *o, const struct http_handler *handler, void *ctx,
	struct http_server **ret, struct error *err);

/* Takes @fd, a listening socket. */
int http_server_listen(struct http_server *s, int fd, struct error *err);

/* Its listening socket number @i; -1 when there are fewer. */
int http_server_socket(const struct http_server *s, size_t i);

/* Calls @ready(@ctx) in the server's thread whenever @fd can be read. Borrows @fd. */
int http_server_watch(
	struct http_server *s, int fd, void (*ready)(void *), void *ctx, struct error *err);

/* Serves until http_server_stop(). 0, or what epoll says. */
int http_server_run(struct http_server *s, struct error *err);

/* From the server's thread. Drain: each answer closes its connection; requests go on coming. Stop:
 * run() returns when nothing is busy, or after @patience_ms. */
void http_server_drain(struct http_server *s);
void http_server_stop(struct http_server *s, uint64_t patience_ms);

void http_server_free(struct http_server *s);
void http_server_freep(struct http_server **s);

/* A message to a server's thread; part of what it is about. */
struct http_mail {
	struct http_mail *next;
	void (*call)(void *ctx, struct http_mail *m);
};

/* From any thread: has @m->call(ctx, @m) called in the server's. Never fails. What is still there
 * when the server is freed is called then, with no request left. */
void http_post(struct http_server *s, struct http_mail *m);

struct http_counts {
	uint64_t accepted, evicted, timed_out, refused;
	size_t open, busy;
};

void http_server_counts(const struct http_server *s, struct http_counts *ret);

/* --- requests --- */

const char *http_method(const struct http_request *r);
const char *http_path(const struct http_request *r);               /* decoded, without the query */
const char *http_header(struct http_request *r, const char *name); /* NULL when it is not there */
const char *http_query(struct http_request *r, const char *name);  /* NULL when it is not there */
const char *http_peer(
	const struct http_request *r); /* the address behind it, "unix" for a unix socket */
bool http_has_body(const struct http_request *r);
uint64_t http_body_length(const struct http_request *r); /* as announced; UINT64_MAX when chunked */
struct http_server *http_server_of(const struct http_request *r);

void *http_context(const struct http_request *r); /* the handler's */

/* What the handler hangs on a request. */
void http_set_user(struct http_request *r, void *user);
void *http_user(const struct http_request *r);

/* The body so far is of no use: what comes is dropped, and the connection ends with the answer. */
void http_answer(
	struct http_request *r, struct http_reply *reply); /* takes a reference of its own */
bool http_answered(const struct http_request *r);

/* Ends the connection without an answer. */
void http_abort(struct http_request *r);

/* --- replies: may be sent any number of times, by any server --- */

/* Borrows nothing: calls @release(@owner) when @body is not needed any more (both may be NULL for
 * constant bytes). NULL on -ENOMEM; @release is called then, too. */
struct http_reply *http_reply_new(
	unsigned status, struct span body, void (*release)(void *), void *owner);
/* Copies @body. */
struct http_reply *http_reply_copy(unsigned status, struct span body);
void http_reply_header(struct http_reply *p, const char *name, const char *value);
struct http_reply *http_reply_ref(struct http_reply *p);
size_t http_reply_size(const struct http_reply *p); /* of its body */
void http_reply_unref(struct http_reply *p);
void http_reply_unrefp(struct http_reply **p);

/* --- streams: an answer of unknown length that comes bit by bit --- */

/* @probe is sent to a client that has closed its half, to find out whether it is still there;
 * constant. NULL on -ENOMEM, with the request unanswered. The stream lives until the request is
 * done, whatever comes first. */
struct http_stream *http_stream_start(
	struct http_request *r, const char *content_type, struct span probe);
/* Copies @bytes. -ENOMEM. */
int http_stream_write(struct http_stream *t, struct span bytes);
size_t http_stream_pending(
	const struct http_stream *t); /* bytes that the client has not taken yet */
void http_stream_end(struct http_stream *t);
