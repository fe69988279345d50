/* SPDX-License-Identifier: MIT */
/* Addresses as settings name them. Numbers only: no names are looked up. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/error.h"

/* Where to listen. */
struct address {
	enum {
		ADDRESS_IP,
		ADDRESS_UNIX,
		ADDRESS_SYSTEMD, /* sockets that were handed over (LISTEN_FDS) */
	} kind;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un path;
	};
	socklen_t n;
};

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (all addresses), "localhost:8080" (127.0.0.1),
 * "unix:/path", "systemd". */
int address_parse(const char *text, struct address *ret, struct error *err);

/* Whom to trust. */
struct network {
	int family; /* AF_INET, AF_INET6; AF_UNIX: whoever comes over a unix socket */
	unsigned char bytes[16];
	unsigned bits;
};

/* "10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "unix". Bits beyond the mask must be zero. */
int network_parse(const char *text, struct network *ret, struct error *err);

/* Whether @a is inside; an IPv4 address in an IPv6 one ("::ffff:...") is the IPv4 address. */
bool network_contains(const struct network *n, const struct sockaddr *a);
