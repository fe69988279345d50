/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

static int refuse_address(const char *text, struct error *err)
{
	return refuse(err, -EINVAL,
		"'%.100s' is no address: HOST:PORT with a number for a host, [HOST]:PORT, "
		"unix:/PATH or systemd",
		text);
}

static int parse_unix(const char *path, struct address *a, struct error *err)
{
	size_t n = strlen(path);

	if (path[0] != '/')
		return refuse(err, -EINVAL, "'unix:%.100s' is no absolute path", path);
	if (n >= sizeof a->path.sun_path)
		return refuse(err, -EINVAL,
			"'unix:%.120s' is longer than the %zu bytes of a socket's path", path,
			sizeof a->path.sun_path - 1);
	a->kind = ADDRESS_UNIX;
	a->path.sun_family = AF_UNIX;
	memcpy(a->path.sun_path, path, n + 1);
	a->n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1);
	return 0;
}

/* @host has neither brackets nor a port. */
static int parse_host(const char *host, bool bracketed, in_port_t port, struct address *a)
{
	a->kind = ADDRESS_IP;
	if (bracketed || !*host) {
		a->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		a->n = sizeof a->v6;
		return inet_pton(AF_INET6, *host ? host : "::", &a->v6.sin6_addr) == 1 ? 0
										       : -EINVAL;
	}
	if (strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	a->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	a->n = sizeof a->v4;
	return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1 ? 0 : -EINVAL;
}

int address_parse(const char *text, struct address *ret, struct error *err)
{
	const char *colon = strrchr(text, ':');
	struct address a = { 0 };
	char host[64];
	uint64_t port;

	if (strcmp(text, "systemd") == 0) {
		ret->kind = ADDRESS_SYSTEMD;
		return 0;
	}
	if (strncmp(text, "unix:", 5) == 0) {
		int r = parse_unix(text + 5, &a, err);
		if (r == 0)
			*ret = a;
		return r;
	}
	if (!colon || (size_t)(colon - text) >= sizeof host ||
		parse_u64(span_of(colon + 1), 65535, &port) < 0)
		return refuse_address(text, err);
	snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);

	size_t n = strlen(host);
	bool bracketed = n >= 2 && host[0] == '[' && host[n - 1] == ']';
	if (bracketed) {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
		if (!*host)
			return refuse_address(text, err);
	}
	if (parse_host(host, bracketed, (in_port_t)port, &a) < 0)
		return refuse_address(text, err);
	*ret = a;
	return 0;
}

static int refuse_network(const char *text, struct error *err)
{
	return refuse(err, -EINVAL,
		"'%.100s' is no network: 10.0.0.0/8, 192.0.2.1, 2001:db8::/32 or unix", text);
}

/* A 1 beyond the mask is a slip: 10.0.0.1/8 may mean either. */
static bool is_masked(const struct network *n, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned keep = n->bits >= 8 * (i + 1) ? 8 : n->bits > 8 * i ? n->bits - 8 * i : 0;

		if (n->bytes[i] & (0xff >> keep))
			return false;
	}
	return true;
}

int network_parse(const char *text, struct network *ret, struct error *err)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	struct network n = { 0 };
	char host[64];

	if (strcmp(text, "unix") == 0) {
		*ret = (struct network){ .family = AF_UNIX };
		return 0;
	}
	if (length >= sizeof host)
		return refuse_network(text, err);
	memcpy(host, text, length);
	host[length] = '\0';
	n.family = strchr(host, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(n.family, host, n.bytes) != 1)
		return refuse_network(text, err);

	unsigned size = n.family == AF_INET6 ? 16 : 4;
	uint64_t bits = 8 * size;
	if (slash && parse_u64(span_of(slash + 1), 8 * size, &bits) < 0)
		return refuse_network(text, err);
	n.bits = (unsigned)bits;
	if (!is_masked(&n, size))
		return refuse(err, -EINVAL, "network '%.100s' has bits set beyond its first %u",
			text, n.bits);
	*ret = n;
	return 0;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) & (unsigned char)(0xff00 >> rest)) == 0;
}

bool network_contains(const struct network *n, const struct sockaddr *a)
{
	const unsigned char *bytes;
	int family = a->sa_family;

	if (family == AF_INET6) {
		const struct in6_addr *v6 =
			&((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;

		bytes = v6->s6_addr;
		if (IN6_IS_ADDR_V4MAPPED(v6)) {
			family = AF_INET;
			bytes += 12;
		}
	} else {
		bytes = (const unsigned char *)&((const struct sockaddr_in *)(const void *)a)
				->sin_addr;
	}
	if (family != n->family)
		return false;
	return family == AF_UNIX || same_bits(bytes, n->bytes, n->bits);
}
