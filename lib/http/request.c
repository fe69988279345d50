/* SPDX-License-Identifier: MIT */
/* From libmicrohttpd's calls to the handler's. */
#include "internal.h"

#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "base/parse.h"

static const struct span interim = SPAN_LITERAL("HTTP/1.1 100 Continue\r\n\r\n");

/* --- waiting for an answer: libmicrohttpd does not look at the socket, so we do --- */

/*
 * The client has closed its half. It may wait for its answer all the same, or be gone: it is sent a
 * few bytes that mean nothing, and if nobody is there the next event says so.
 */
static void probe(struct http_request *r)
{
	if (r->probed)
		return;
	r->probed = true;
	if (r->stream)
		http_stream_write(r->stream, r->stream->probe);
	else if (r->knows_interim)
		send(conn_of(r)->fd, interim.p, interim.n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void lose(struct http_request *r)
{
	struct http_server *s = conn_of(r)->server;

	if (r->gone)
		return;
	r->gone = true;
	s->handler->gone(s->ctx, r);
}

/*
 * Who closes is noticed here, whatever the connection is doing: libmicrohttpd does not look at one
 * that waits, and does not see an end that came together with the last bytes.
 */
void on_socket(struct source *source, uint32_t events)
{
	struct conn *c = (struct conn *)source;
	struct http_request *r = &c->request;

	if (events & (EPOLLHUP | EPOLLERR))
		c->hung_up = true;
	if ((events & EPOLLRDHUP) && !c->half_ms)
		c->half_ms = c->server->now_ms;
	if (!r->suspended)
		return;
	if (c->hung_up) {
		lose(r);
		request_wake(r);
	} else {
		probe(r);
	}
}

bool request_suspend(struct http_request *r)
{
	struct conn *c = conn_of(r);

	if (c->hung_up)
		return false;
	r->suspended = true;
	MHD_suspend_connection(c->mhd);
	if (c->half_ms)
		probe(r);
	return true;
}

void request_wake(struct http_request *r)
{
	struct conn *c = conn_of(r);

	if (!r->suspended)
		return;
	r->suspended = false;
	MHD_resume_connection(c->mhd);
	c->server->daemon_ready = true;
}

/* --- the head --- */

static uint64_t announced_length(struct http_request *r)
{
	const char *chunked = http_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING),
		   *length = http_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);
	uint64_t n = 0;

	if (chunked)
		return UINT64_MAX;
	return length && parse_u64(span_of(length), UINT64_MAX - 1, &n) == 0 ? n : 0;
}

/* Two lengths, or an encoding that nobody knows, are how requests are smuggled past a proxy. */
static bool is_ambiguous(struct http_request *r)
{
	const char *encoding = http_header(r, MHD_HTTP_HEADER_TRANSFER_ENCODING);

	return encoding && (strcasecmp(encoding, "chunked") != 0 ||
				   http_header(r, MHD_HTTP_HEADER_CONTENT_LENGTH));
}

static void begin(struct conn *c, const char *url, const char *method, const char *version)
{
	struct http_request *r = &c->request;
	struct http_server *s = c->server;

	*r = (struct http_request){
		.method = method,
		.path = url,
		.begin_us = http_clock_us(),
		.begun = true,
		.knows_interim = strcmp(version, MHD_HTTP_VERSION_1_1) == 0,
	};
	conn_move(c, &s->busy);
	if (is_ambiguous(r)) {
		r->aborted = true;
		return;
	}
	r->body_length = announced_length(r);
	r->has_body = r->body_length > 0;
	if (r->has_body)
		conn_set_deadline(
			c, r->body_length == UINT64_MAX ? s->options.body_bytes : r->body_length);
	s->handler->begin(s->ctx, r);
}

/* --- the answer --- */

static enum MHD_Result queue(struct http_request *r)
{
	struct conn *c = conn_of(r);
	enum MHD_Result ok = MHD_queue_response(c->mhd, r->reply->status, r->reply->response);

	conn_set_deadline(c, r->reply->n);
	return ok;
}

/*
 * An answer before the body; the connection ends with it, whether there is a body or not, so it is
 * for these cases only. One who waits for "100 Continue" gets it at once. Another would not read
 * while it sends, and closing on it would destroy the answer on its way: a moderate body is read
 * and dropped, an endless one is not.
 */
static enum MHD_Result answer_early(struct http_request *r)
{
	bool waits = http_header(r, MHD_HTTP_HEADER_EXPECT) != NULL;

	if (waits || r->body_length > conn_of(r)->server->options.body_bytes)
		return queue(r);
	r->dropping = true;
	return MHD_YES;
}

static enum MHD_Result take_body(struct http_request *r, const char *data, size_t *n)
{
	struct http_server *s = conn_of(r)->server;

	r->body_seen += *n;
	if (r->reply)
		r->dropping = true;
	if (r->dropping && r->body_seen > 2 * s->options.body_bytes)
		return MHD_NO;
	if (!r->dropping)
		s->handler->body(s->ctx, r, (struct span){ data, *n });
	*n = 0;
	return r->aborted ? MHD_NO : MHD_YES;
}

static enum MHD_Result finish(struct http_request *r)
{
	struct http_server *s = conn_of(r)->server;

	if (!r->ended) {
		r->ended = true;
		conn_set_deadline(conn_of(r), 0);
		if (!r->reply)
			s->handler->end(s->ctx, r);
	}
	if (r->reply && !r->gone)
		return queue(r);
	if (r->gone || r->aborted)
		return MHD_NO;
	return request_suspend(r) ? MHD_YES : MHD_NO;
}

enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
	const char *method, const char *version, const char *data, size_t *n, void **state)
{
	struct conn *c = *state ? *state
				: MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
					  ->socket_context;
	struct http_request *r = &c->request;

	(void)cls;
	if (c->server->ended)
		return MHD_NO;
	if (!*state) {
		*state = c;
		begin(c, url, method, version);
		if (r->aborted)
			return MHD_NO;
		return r->reply && r->has_body ? answer_early(r) : MHD_YES;
	}
	return *n > 0 ? take_body(r, data, n) : finish(r);
}

void on_completed(
	void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode how)
{
	struct http_server *s = cls;
	struct conn *c = *state;

	(void)mhd;
	if (!c)
		return;
	struct http_request *r = &c->request;
	bool whole = how == MHD_REQUEST_TERMINATED_COMPLETED_OK;

	if (!whole)
		lose(r);
	s->handler->done(s->ctx, r, r->reply ? r->reply->status : 0, http_clock_us() - r->begin_us);
	http_reply_unref(r->reply);
	stream_free(r->stream);
	*r = (struct http_request){ 0 };
	*state = NULL;
	conn_move(c, &s->idle);
	if (s->draining)
		conn_close(c);
}

/* --- what the handler sees --- */

const char *http_method(const struct http_request *r)
{
	return r->method;
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

const char *http_header(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(conn_of(r)->mhd, MHD_HEADER_KIND, name);
}

const char *http_query(struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(conn_of(r)->mhd, MHD_GET_ARGUMENT_KIND, name);
}

const char *http_peer(const struct http_request *r)
{
	return conn_of(r)->peer;
}

bool http_has_body(const struct http_request *r)
{
	return r->has_body;
}

uint64_t http_body_length(const struct http_request *r)
{
	return r->body_length;
}

struct http_server *http_server_of(const struct http_request *r)
{
	return conn_of(r)->server;
}

void *http_context(const struct http_request *r)
{
	return conn_of(r)->server->ctx;
}

void http_set_user(struct http_request *r, void *user)
{
	r->user = user;
}

void *http_user(const struct http_request *r)
{
	return r->user;
}

void http_answer(struct http_request *r, struct http_reply *reply)
{
	if (r->reply || r->gone)
		return;
	r->reply = http_reply_ref(reply);
	request_wake(r);
}

bool http_answered(const struct http_request *r)
{
	return r->reply != NULL;
}

void http_abort(struct http_request *r)
{
	r->aborted = true;
	request_wake(r);
}
