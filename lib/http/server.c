/* SPDX-License-Identifier: MIT */
/* The server's thread: its epoll, its mailbox, its end. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { ENDINGS = 100, EVENTS = 256, TICK_MS = 500, SPARE_CONNECTIONS = 1024 };

uint64_t http_clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int add_source(struct http_server *s, int fd, struct source *source)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = source };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

/* --- mailbox --- */

void http_post(struct http_server *s, struct http_mail *m)
{
	m->next = NULL;
	pthread_mutex_lock(&s->mail_lock);
	bool first = !s->mail_first;
	*(s->mail_last ? &s->mail_last->next : &s->mail_first) = m;
	s->mail_last = m;
	pthread_mutex_unlock(&s->mail_lock);
	if (first)
		eventfd_write(s->mailbox_fd, 1);
}

static void read_mail(struct http_server *s)
{
	pthread_mutex_lock(&s->mail_lock);
	struct http_mail *m = s->mail_first;
	s->mail_first = s->mail_last = NULL;
	pthread_mutex_unlock(&s->mail_lock);
	while (m) {
		struct http_mail *next = m->next;
		m->call(s->ctx, m);
		m = next;
	}
}

static void on_mail(struct source *source, uint32_t events)
{
	struct http_server *s =
		(struct http_server *)((uintptr_t)source -
				       offsetof(struct http_server, mailbox_source));
	eventfd_t ignored;

	(void)events;
	eventfd_read(s->mailbox_fd, &ignored);
	read_mail(s);
}

/* --- sources --- */

static void on_daemon(struct source *source, uint32_t events)
{
	struct http_server *s = (struct http_server *)((uintptr_t)source -
						       offsetof(struct http_server, daemon_source));

	(void)events;
	s->daemon_ready = true;
}

static void on_listener(struct source *source, uint32_t events)
{
	(void)events;
	connections_accept((struct listener *)source);
}

static void on_watch(struct source *source, uint32_t events)
{
	struct watch *w = (struct watch *)source;

	(void)events;
	w->call(w->ctx);
}

int http_server_listen(struct http_server *s, int fd, struct error *err)
{
	if (s->n_listeners == HTTP_LISTENERS_MAX)
		return refuse(err, -ENOSPC, "more than %d listening addresses", HTTP_LISTENERS_MAX);
	struct listener *l = &s->listeners[s->n_listeners];
	*l = (struct listener){ { on_listener }, s, fd };
	int r = add_source(s, fd, &l->source);
	if (r < 0)
		return fail(err, r, "watch a listening socket");
	s->n_listeners++;
	return 0;
}

int http_server_socket(const struct http_server *s, size_t i)
{
	return i < s->n_listeners ? s->listeners[i].fd : -1;
}

int http_server_watch(
	struct http_server *s, int fd, void (*ready)(void *), void *ctx, struct error *err)
{
	if (s->n_watches == HTTP_WATCHES_MAX)
		return refuse(err, -ENOSPC, "more than %d descriptors to watch", HTTP_WATCHES_MAX);
	struct watch *w = &s->watches[s->n_watches];
	*w = (struct watch){ { on_watch }, ready, ctx };
	int r = add_source(s, fd, &w->source);
	if (r < 0)
		return fail(err, r, "watch a descriptor");
	s->n_watches++;
	return 0;
}

/* --- life --- */

static int start_daemon(struct http_server *s, struct error *err)
{
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
		0, NULL, NULL, on_request, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		s->options.head_bytes, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(s->options.connections + SPARE_CONNECTIONS),
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
	if (!s->daemon)
		return fail(err, errno ? -errno : -EIO, "start the HTTP daemon");
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int r = info ? add_source(s, info->epoll_fd, &s->daemon_source) : -EIO;
	return r < 0 ? fail(err, r, "watch the HTTP daemon") : 0;
}

int http_server_new(const struct http_options *o, const struct http_handler *handler, void *ctx,
	struct http_server **ret, struct error *err)
{
	cleanup(http_server_freep) struct http_server *s = calloc(1, sizeof *s);

	if (!s)
		return fail(err, -ENOMEM, "make the HTTP server");
	*s = (struct http_server){
		.options = *o,
		.handler = handler,
		.ctx = ctx,
		.daemon_source = { on_daemon },
		.mailbox_source = { on_mail },
		.now_ms = http_clock_us() / 1000,
	};
	pthread_mutex_init(&s->mail_lock, NULL);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	s->mailbox_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int r = s->epoll_fd < 0 || s->mailbox_fd < 0
			? -errno
			: add_source(s, s->mailbox_fd, &s->mailbox_source);
	if (r < 0)
		return fail(err, r, "make the HTTP server's epoll");
	r = start_daemon(s, err);
	if (r < 0)
		return r;
	*ret = take_ptr(s);
	return 0;
}

/* Until it has nothing more to do without a new event. */
static void run_daemon(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG left = 0;

	if (!s->daemon_ready)
		return;
	MHD_run(s->daemon);
	s->daemon_ready = MHD_get_timeout(s->daemon, &left) == MHD_YES && left == 0;
}

static bool has_ended(const struct http_server *s)
{
	return s->stopping && (s->busy.n == 0 || s->now_ms >= s->stop_ms);
}

int http_server_run(struct http_server *s, struct error *err)
{
	struct epoll_event events[EVENTS];

	while (!has_ended(s)) {
		s->handler->idle(s->ctx);
		int n = epoll_wait(s->epoll_fd, events, EVENTS, s->daemon_ready ? 0 : TICK_MS);
		if (n < 0 && errno != EINTR)
			return fail(err, -errno, "wait for connections");
		s->now_ms = http_clock_us() / 1000;
		for (int i = 0; i < n; i++) {
			struct source *source = events[i].data.ptr;
			source->ready(source, events[i].events);
		}
		run_daemon(s);
		connections_sweep(s);
	}
	return 0;
}

void http_server_drain(struct http_server *s)
{
	s->draining = true;
}

void http_server_stop(struct http_server *s, uint64_t patience_ms)
{
	if (s->stopping)
		return;
	s->stopping = true;
	s->stop_ms = s->now_ms + patience_ms;
}

void http_server_counts(const struct http_server *s, struct http_counts *ret)
{
	*ret = s->counts;
	ret->busy = s->busy.n;
}

/* libmicrohttpd does not end with connections put aside. */
static void end_requests(struct http_server *s)
{
	s->ended = true;
	for (struct conn *c = s->idle.first; c; c = c->next)
		conn_close(c);
	for (struct conn *c = s->busy.first; c; c = c->next) {
		c->request.aborted = true;
		conn_close(c);
		request_wake(&c->request);
	}
	for (int i = 0; i < ENDINGS && s->busy.n > 0; i++)
		MHD_run(s->daemon);
	MHD_stop_daemon(s->daemon);
	read_mail(s);
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	if (s->daemon)
		end_requests(s);
	for (size_t i = 0; i < s->n_listeners; i++)
		close(s->listeners[i].fd);
	cleanup_closep(&s->mailbox_fd);
	cleanup_closep(&s->epoll_fd);
	pthread_mutex_destroy(&s->mail_lock);
	free(s);
}

void http_server_freep(struct http_server **s)
{
	http_server_free(*s);
}
