/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "config/network.h"

enum { BACKLOG = 4096, FIRST_INHERITED = 3 };

/* A socket that nobody listens on is what a dead server left. */
static void clear_path(const struct address *a)
{
	struct stat st;

	if (a->any.sa_family != AF_UNIX || lstat(a->path.sun_path, &st) < 0 ||
		!S_ISSOCK(st.st_mode))
		return;
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &a->any, a->n) < 0 && errno == ECONNREFUSED)
		unlink(a->path.sun_path);
}

/* ":8080" on a machine without IPv6. */
static int open_socket(struct address *a)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && a->any.sa_family == AF_INET6 &&
		IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr)) {
		in_port_t port = a->v6.sin6_port;
		*a = (struct address){ .v4 = { .sin_family = AF_INET, .sin_port = port },
			.n = sizeof a->v4 };
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	return fd < 0 ? -errno : fd;
}

int listen_open(const struct address *address, const char *text, struct error *err)
{
	struct address a = *address;

	cleanup_fd int fd = open_socket(&a);
	if (fd < 0)
		return fail(err, fd, "make a socket for '%s'", text);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	clear_path(&a);
	if (bind(fd, &a.any, a.n) < 0) {
		if (errno == EADDRINUSE)
			return refuse(err, -EADDRINUSE,
				"something listens on '%s' already; choose another address "
				"(--listen HOST:PORT, or make run PORT=...)",
				text);
		return fail(err, -errno, "listen on '%s'", text);
	}
	if (a.any.sa_family == AF_UNIX)
		chmod(a.path.sun_path, 0666);
	if (listen(fd, BACKLOG) < 0)
		return fail(err, -errno, "listen on '%s'", text);
	return take_fd(fd);
}

int listen_inherited(int fds[LISTEN_MAX])
{
	const char *pid = getenv("LISTEN_PID"), *number = getenv("LISTEN_FDS");
	uint64_t its = 0, n = 0;

	if (!pid || !number || parse_u64(span_of(pid), INT32_MAX, &its) < 0 ||
		its != (uint64_t)getpid() || parse_u64(span_of(number), LISTEN_MAX, &n) < 0)
		return 0;
	for (int i = 0; i < (int)n; i++) {
		fds[i] = FIRST_INHERITED + i;
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
		fcntl(fds[i], F_SETFL, fcntl(fds[i], F_GETFL) | O_NONBLOCK);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

void listen_name(int fd, char *to, size_t n)
{
	struct address a = { .n = sizeof a.path };
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, &a.any, &a.n) < 0)
		a.any.sa_family = AF_UNSPEC;
	switch (a.any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
		snprintf(to, n, "%s:%u", host, ntohs(a.v4.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
		snprintf(to, n, "[%s]:%u", host, ntohs(a.v6.sin6_port));
		break;
	case AF_UNIX:
		snprintf(to, n, "unix:%s", a.path.sun_path);
		break;
	default:
		snprintf(to, n, "?");
	}
}
