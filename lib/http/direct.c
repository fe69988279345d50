/* SPDX-License-Identifier: MIT */
/*
 * The answer to a client that has closed its sending half while it waited. libmicrohttpd, when it
 * takes such a connection up again, may read the end before it writes, and then drops the answer;
 * so the answer is written here, and the connection stays put aside until that is done.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>

static enum MHD_Result add_header(
	void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	return buf_addf(cls, "%s: %s\r\n", name, value) == 0 ? MHD_YES : MHD_NO;
}

static int write_answer(struct buf *to, const struct http_reply *p)
{
	char date[64];
	struct tm tm;
	time_t now = time(NULL);

	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	int r = buf_addf(to, "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\n", p->status,
		MHD_get_reason_phrase_for(p->status), date);
	if (r == 0)
		MHD_get_response_headers(p->response, add_header, to);
	if (r == 0)
		r = buf_addf(to, "Content-Length: %zu\r\n\r\n", p->body.n);
	return r < 0 ? r : buf_add(to, p->body.p, p->body.n);
}

static void watch_for(struct conn *c, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = &c->source };

	epoll_ctl(c->server->epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

static void end(struct http_request *r)
{
	conn_close(conn_of(r));
	request_wake(r);
}

void direct_write(struct http_request *r)
{
	struct conn *c = conn_of(r);

	while (r->written < r->direct.n) {
		ssize_t n = send(c->fd, r->direct.p + r->written, r->direct.n - r->written,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			watch_for(c, EPOLLOUT | EPOLLRDHUP | EPOLLET);
			return;
		}
		if (n < 0)
			break;
		r->written += (size_t)n;
	}
	end(r);
}

void direct_begin(struct http_request *r)
{
	if (write_answer(&r->direct, r->reply) < 0) {
		end(r);
		return;
	}
	conn_set_deadline(conn_of(r), r->direct.n);
	direct_write(r);
}
