/* SPDX-License-Identifier: MIT */
/* Connections: accepted, listed by what they do, closed when they take too long or too much room.
 */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	ACCEPTS_AT_ONCE = 64,
	PAUSE_MS = 100,
	SWEEP_MS = 1000,
	HALF_MS = 1000, /* what a client sent before it closed its half was read by then */
};

static void list_remove(struct conn *c)
{
	struct conn_list *l = c->list;

	if (!l)
		return;
	*(c->prev ? &c->prev->next : &l->first) = c->next;
	*(c->next ? &c->next->prev : &l->last) = c->prev;
	c->next = c->prev = NULL;
	c->list = NULL;
	l->n--;
}

void conn_move(struct conn *c, struct conn_list *to)
{
	list_remove(c);
	c->since_ms = c->server->now_ms;
	c->deadline_ms = 0;
	c->prev = to->last;
	*(to->last ? &to->last->next : &to->first) = c;
	to->last = c;
	to->n++;
	c->list = to;
}

void conn_set_deadline(struct conn *c, uint64_t bytes)
{
	const struct http_options *o = &c->server->options;

	c->deadline_ms =
		bytes ? c->server->now_ms + o->patience_ms + bytes * 1000 / o->bytes_per_second : 0;
}

/*
 * libmicrohttpd sees the end, unless the peer had closed, too: then there is nothing more to be
 * told by the host, and it has to find that the connection is late.
 */
void conn_close(struct conn *c)
{
	shutdown(c->fd, SHUT_RDWR);
	if (!c->closing)
		MHD_set_connection_option(c->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
	c->closing = true;
}

/* Room for one more: the longest-idle connection has to go. */
static void make_room(struct http_server *s)
{
	struct conn *c = s->idle.first;

	if (!c)
		return;
	s->counts.evicted++;
	list_remove(c);
	conn_close(c);
}

static void describe_peer(const struct sockaddr_storage *a, char *peer)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;

	if (a->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, peer, HTTP_PEER_MAX);
	else if (a->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], peer, HTTP_PEER_MAX);
	else if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, peer, HTTP_PEER_MAX);
	else
		memcpy(peer, "unix", sizeof "unix");
}

/* Takes @fd. */
static void adopt(struct http_server *s, int fd, const struct sockaddr_storage *a, socklen_t n)
{
	cleanup_fd int own = fd;
	struct conn *c = calloc(1, sizeof *c);

	if (!c) {
		s->counts.refused++;
		return;
	}
	c->server = s;
	c->fd = fd;
	describe_peer(a, c->peer);
	if (a->ss_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	s->accepting = c;
	take_fd(own);
	/* It closes the descriptor in any case, and has called on_connection() when it took it. */
	MHD_add_connection(s->daemon, fd, (const struct sockaddr *)a, n);
	if (s->accepting) {
		s->counts.refused++;
		free(s->accepting);
		s->accepting = NULL;
	}
	s->daemon_ready = true;
}

void on_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
	enum MHD_ConnectionNotificationCode what)
{
	struct http_server *s = cls;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		struct conn *c = s->accepting;

		s->accepting = NULL;
		struct epoll_event e = {
			.events = EPOLLRDHUP | EPOLLET,
			.data.ptr = &c->source,
		};

		c->mhd = mhd;
		c->source.ready = on_socket;
		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
		*socket_context = c;
		conn_move(c, &s->idle);
		s->counts.accepted++;
		s->counts.open++;
		return;
	}
	struct conn *c = *socket_context;
	list_remove(c);
	/* A process that is being started may still hold the socket, and with it its place in the
	 * epoll. */
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	free(c);
	s->counts.open--;
}

/* No descriptor, no memory: wait a moment, as accept would fail again at once. */
static void pause_accepting(struct http_server *s)
{
	if (s->resume_ms == 0)
		for (size_t i = 0; i < s->n_listeners; i++)
			epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->listeners[i].fd, NULL);
	s->resume_ms = s->now_ms + PAUSE_MS;
}

static void resume_accepting(struct http_server *s)
{
	for (size_t i = 0; i < s->n_listeners; i++) {
		struct epoll_event e = { .events = EPOLLIN, .data.ptr = &s->listeners[i].source };
		epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listeners[i].fd, &e);
	}
	s->resume_ms = 0;
}

void connections_accept(struct listener *l)
{
	struct http_server *s = l->server;

	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage a = { 0 };
		socklen_t n = sizeof a;
		int fd = accept4(l->fd, (struct sockaddr *)&a, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
				      errno == ENOBUFS)) {
			make_room(s);
			pause_accepting(s);
			return;
		}
		if (fd < 0)
			return;
		if (s->counts.open >= s->options.connections)
			make_room(s);
		if (s->counts.open >= s->options.connections + ACCEPTS_AT_ONCE) {
			s->counts.refused++;
			close(fd);
			continue;
		}
		adopt(s, fd, &a, n);
	}
}

/* Nobody will send the rest of what it began. */
static bool has_ended(const struct conn *c)
{
	uint64_t now = c->server->now_ms;

	return c->hung_up || (c->half_ms && c->half_ms + HALF_MS <= now);
}

static void sweep_idle(struct http_server *s)
{
	for (struct conn *c = s->idle.first, *next; c; c = next) {
		bool late = c->since_ms + s->options.idle_ms <= s->now_ms;

		next = c->next;
		if (!late && !has_ended(c))
			continue;
		s->counts.timed_out += late && !c->closing;
		conn_close(c);
		s->daemon_ready = true;
	}
}

static void sweep_busy(struct http_server *s)
{
	for (struct conn *c = s->busy.first; c; c = c->next) {
		struct http_request *r = &c->request;
		bool late = c->deadline_ms && c->deadline_ms <= s->now_ms;
		bool cut = r->has_body && !r->ended && !r->suspended && has_ended(c);

		if (!late && !cut)
			continue;
		s->counts.timed_out += late;
		c->deadline_ms = 0;
		r->aborted = true;
		conn_close(c);
		request_wake(r);
	}
}

void connections_sweep(struct http_server *s)
{
	if (s->resume_ms && s->now_ms >= s->resume_ms)
		resume_accepting(s);
	if (s->now_ms < s->sweep_ms)
		return;
	s->sweep_ms = s->now_ms + SWEEP_MS;
	sweep_idle(s);
	sweep_busy(s);
}
