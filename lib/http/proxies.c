/* SPDX-License-Identifier: MIT */
#include "proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "config/network.h"

enum { ADDRESS_MAX = 64 };

struct proxies {
	struct network *networks;
	size_t n;
};

int proxies_new(char *const *list, struct proxies **ret, struct error *err)
{
	struct proxies *p = calloc(1, sizeof *p);
	size_t n = 0;

	while (list && list[n])
		n++;
	if (p)
		p->networks = calloc(n + 1, sizeof *p->networks);
	if (!p || !p->networks) {
		proxies_free(p);
		return fail(err, -ENOMEM, "read the list of trusted proxies");
	}
	for (size_t i = 0; i < n; i++) {
		int r = network_parse(list[i], &p->networks[p->n++], err);
		if (r < 0) {
			proxies_free(p);
			return r;
		}
	}
	*ret = p;
	return 0;
}

void proxies_free(struct proxies *p)
{
	if (!p)
		return;
	free(p->networks);
	free(p);
}

/* @text without port or brackets. False when it is no address. */
static bool read_address(const char *text, struct address *ret)
{
	*ret = (struct address){ 0 };
	if (strcmp(text, "unix") == 0) {
		ret->any.sa_family = AF_UNIX;
		return true;
	}
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->any.sa_family = AF_INET;
		return true;
	}
	ret->any.sa_family = AF_INET6;
	return inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1;
}

static bool is_trusted(const struct proxies *p, const char *text)
{
	struct address a;

	if (!read_address(text, &a))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (network_contains(&p->networks[i], &a.any))
			return true;
	return false;
}

/* Cuts the last element off the list. */
static bool cut_last(struct span *list, char to[ADDRESS_MAX])
{
	if (list->n == 0)
		return false;
	const char *comma = memrchr(list->p, ',', list->n);
	struct span item = comma ? span_skip(*list, (size_t)(comma - list->p) + 1) : *list;

	list->n = comma ? (size_t)(comma - list->p) : 0;
	while (item.n > 0 && (item.p[0] == ' ' || item.p[0] == '['))
		item = span_skip(item, 1);
	while (item.n > 0 && (item.p[item.n - 1] == ' ' || item.p[item.n - 1] == ']'))
		item.n--;
	if (item.n == 0 || item.n >= ADDRESS_MAX)
		return false;
	memcpy(to, item.p, item.n);
	to[item.n] = '\0';
	return true;
}

void proxies_client(
	const struct proxies *p, const char *peer, const char *forwarded, char *to, size_t n)
{
	struct span list = span_of(forwarded ? forwarded : "");
	char address[ADDRESS_MAX];
	struct address a;

	snprintf(to, n, "%s", peer);
	while (is_trusted(p, to) && cut_last(&list, address) && read_address(address, &a) &&
		a.any.sa_family != AF_UNIX)
		snprintf(to, n, "%s", address);
}
