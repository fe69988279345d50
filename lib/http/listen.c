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

enum { BACKLOG = 4096, FIRST_INHERITED = 3, HOST_MAX = 64 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un un;
	} a;
	socklen_t n;
};

static int read_unix(const char *path, struct address *ret)
{
	if (*path == '\0' || strlen(path) >= sizeof ret->a.un.sun_path)
		return -EINVAL;
	ret->a.un.sun_family = AF_UNIX;
	memcpy(ret->a.un.sun_path, path, strlen(path) + 1);
	ret->n = sizeof ret->a.un;
	return 0;
}

static int read_host(const char *host, uint16_t port, struct address *ret)
{
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (*host == '\0')
		host = "::";
	if (inet_pton(AF_INET, host, &ret->a.v4.sin_addr) == 1) {
		ret->a.v4.sin_family = AF_INET;
		ret->a.v4.sin_port = htons(port);
		ret->n = sizeof ret->a.v4;
		return 0;
	}
	if (inet_pton(AF_INET6, host, &ret->a.v6.sin6_addr) != 1)
		return -EINVAL;
	ret->a.v6.sin6_family = AF_INET6;
	ret->a.v6.sin6_port = htons(port);
	ret->n = sizeof ret->a.v6;
	return 0;
}

static int read_address(const char *text, struct address *ret)
{
	const char *colon = strrchr(text, ':');
	char host[HOST_MAX];
	uint64_t port = 0;

	if (strncmp(text, "unix:", 5) == 0)
		return read_unix(text + 5, ret);
	if (!colon || parse_u64(span_of(colon + 1), UINT16_MAX, &port) < 0)
		return -EINVAL;
	size_t n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n >= sizeof host)
		return -EINVAL;
	memcpy(host, text, n);
	host[n] = '\0';
	return read_host(host, (uint16_t)port, ret);
}

/* A socket that nobody listens on is what a dead server left. */
static void clear_path(const struct address *a)
{
	struct stat st;

	if (a->a.any.sa_family != AF_UNIX || lstat(a->a.un.sun_path, &st) < 0 ||
		!S_ISSOCK(st.st_mode))
		return;
	cleanup_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, &a->a.any, a->n) < 0 && errno == ECONNREFUSED)
		unlink(a->a.un.sun_path);
}

/* ":8080" on a machine without IPv6. */
static int open_socket(struct address *a)
{
	int fd = socket(a->a.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && a->a.any.sa_family == AF_INET6 &&
		IN6_IS_ADDR_UNSPECIFIED(&a->a.v6.sin6_addr)) {
		in_port_t port = a->a.v6.sin6_port;
		*a = (struct address){ .a.v4 = { .sin_family = AF_INET, .sin_port = port },
			.n = sizeof a->a.v4 };
		fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	}
	return fd < 0 ? -errno : fd;
}

int listen_open(const char *text, struct error *err)
{
	struct address a = { 0 };

	if (read_address(text, &a) < 0)
		return refuse(err, -EINVAL,
			"'%s' is no address to listen on (127.0.0.1:8080, [::1]:8080, :8080, "
			"unix:/path)",
			text);
	cleanup_fd int fd = open_socket(&a);
	if (fd < 0)
		return fail(err, fd, "make a socket for '%s'", text);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	clear_path(&a);
	if (bind(fd, &a.a.any, a.n) < 0) {
		if (errno == EADDRINUSE)
			return refuse(err, -EADDRINUSE, "something listens on '%s' already", text);
		return fail(err, -errno, "listen on '%s'", text);
	}
	if (a.a.any.sa_family == AF_UNIX)
		chmod(a.a.un.sun_path, 0666);
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
	struct address a = { .n = sizeof a.a };
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, &a.a.any, &a.n) < 0)
		a.a.any.sa_family = AF_UNSPEC;
	switch (a.a.any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &a.a.v4.sin_addr, host, sizeof host);
		snprintf(to, n, "%s:%u", host, ntohs(a.a.v4.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &a.a.v6.sin6_addr, host, sizeof host);
		snprintf(to, n, "[%s]:%u", host, ntohs(a.a.v6.sin6_port));
		break;
	case AF_UNIX:
		snprintf(to, n, "unix:%s", a.a.un.sun_path);
		break;
	default:
		snprintf(to, n, "?");
	}
}
