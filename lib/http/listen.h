/* SPDX-License-Identifier: MIT */
/* Listening sockets: by address, or handed over by systemd. */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum { LISTEN_MAX = 16 };

struct address;

/*
 * Opens @address, which messages call @text. A unix socket is for everybody on the machine whom its
 * directory lets through; what is left there of a dead server is replaced. The descriptor, or
 * -errno.
 */
int listen_open(const struct address *address, const char *text, struct error *err);

/* The sockets of socket activation (sd_listen_fds(3)): their number, 0 when there are none; forgets
 * the environment. */
int listen_inherited(int fds[LISTEN_MAX]);

/* "127.0.0.1:8080", "[::1]:8080" or "unix:/path" of a listening socket into @to. */
void listen_name(int fd, char *to, size_t n);
