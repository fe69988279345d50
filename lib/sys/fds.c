/* SPDX-License-Identifier: MIT */
#include "fds.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"

union control {
	char bytes[CMSG_SPACE(sizeof(int) * FDS_MAX) + CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr align;
};

struct received {
	int fds[FDS_MAX];
	size_t n_fds;
	pid_t pid;
};

int fds_pair(int ret[2])
{
	int on = 1, pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	cleanup_fd int first = pair[0];
	cleanup_fd int second = pair[1];
	if (setsockopt(first, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0)
		return -errno;
	ret[0] = take_fd(first);
	ret[1] = take_fd(second);
	return 0;
}

int fds_send(int sock, const void *data, size_t n, const int *fds, size_t n_fds)
{
	union control control = { .bytes = { 0 } };
	struct iovec iov = { (void *)(uintptr_t)data, n };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (n_fds > FDS_MAX)
		return -EINVAL;
	if (n_fds > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(sizeof *fds * n_fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof *fds * n_fds);
		memcpy(CMSG_DATA(c), fds, sizeof *fds * n_fds);
	}

	ssize_t sent;
	do
		sent = sendmsg(sock, &msg, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

static int await_message(int sock, int timeout_ms)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == 0 ? -ETIME : 0;
}

static void read_control(struct msghdr *msg, struct received *r)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && n <= sizeof r->fds) {
			memcpy(r->fds, CMSG_DATA(c), n);
			r->n_fds = n / sizeof *r->fds;
		} else if (c->cmsg_type == SCM_CREDENTIALS && n >= sizeof(struct ucred)) {
			struct ucred who;
			memcpy(&who, CMSG_DATA(c), sizeof who);
			r->pid = who.pid;
		}
	}
}

ssize_t fds_receive(
	int sock, void *data, size_t n, int *ret_fds, size_t n_fds, int timeout_ms, pid_t *ret_pid)
{
	union control control;
	struct received r = { .n_fds = 0 };
	struct iovec iov = { data, n };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes };

	int e = await_message(sock, timeout_ms);
	if (e < 0)
		return e;
	ssize_t got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	read_control(&msg, &r);
	if (got > 0 && (r.n_fds != n_fds || msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)))
		got = -EPROTO;
	if (got <= 0) {
		while (r.n_fds > 0)
			close(r.fds[--r.n_fds]);
		return got;
	}
	memcpy(ret_fds, r.fds, sizeof *r.fds * n_fds);
	if (ret_pid)
		*ret_pid = r.pid;
	return got;
}
