/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "http/proxies.h"

/* Whoever has one IPv6 address has its /64. */
static void cut_network(char *client)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, client, &a) != 1 || IN6_IS_ADDR_V4MAPPED(&a))
		return;
	memset(&a.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &a, client, CLIENT_MAX - 4);
	memcpy(client + strlen(client), "/64", sizeof "/64");
}

void client_of(struct service *s, struct http_request *r, char client[CLIENT_MAX])
{
	proxies_client(
		s->proxies, http_peer(r), http_header(r, "X-Forwarded-For"), client, CLIENT_MAX);
	cut_network(client);
}
