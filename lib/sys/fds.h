/* SPDX-License-Identifier: MIT */
/* Messages that carry descriptors, on a UNIX socket that keeps their borders (SOCK_SEQPACKET). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

enum { FDS_MAX = 24 };

/* A connected pair of such sockets; 0 or -errno. The first one learns who sends: fds_receive(). */
int fds_pair(int ret[2]);

/* Sends @n bytes and copies of @fds. 0 or -errno; never a SIGPIPE. */
int fds_send(int sock, const void *data, size_t n, const int *fds, size_t n_fds);

/*
 * Receives at most @n bytes and exactly @n_fds descriptors, close-on-exec. Bytes, 0 at the end,
 * -ETIME after @timeout_ms (-1: never), -EPROTO for another number of descriptors (which are
 * closed), -errno. @ret_pid (may be NULL): the sender, when the socket tells it, else 0.
 */
ssize_t fds_receive(
	int sock, void *data, size_t n, int *ret_fds, size_t n_fds, int timeout_ms, pid_t *ret_pid);
