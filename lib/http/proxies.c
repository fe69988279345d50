/* SPDX-License-Identifier: MIT */
#include "proxies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

enum { ADDRESS_BYTES = 16, ADDRESS_MAX = 64 };

struct network {
	unsigned char bytes[ADDRESS_BYTES]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;
};

struct proxies {
	struct network *networks;
	size_t n;
	bool local; /* "unix" */
};

/* @text without port or brackets. False when it is no address. */
static bool read_address(const char *text, unsigned char to[ADDRESS_BYTES], bool *ret_v4)
{
	*ret_v4 = inet_pton(AF_INET, text, to + 12) == 1;
	if (!*ret_v4)
		return inet_pton(AF_INET6, text, to) == 1;
	memset(to, 0, 10);
	to[10] = to[11] = 0xff;
	return true;
}

static int add(struct proxies *p, const char *text, struct error *err)
{
	struct span rest = span_of(text), address;
	char host[ADDRESS_MAX];
	uint64_t bits = 0;
	bool v4;

	if (strcmp(text, "unix") == 0) {
		p->local = true;
		return 0;
	}
	span_cut(&rest, '/', &address);
	if (address.n >= sizeof host)
		return refuse(err, -EINVAL, "trusted proxy '%s' is no address", text);
	memcpy(host, address.p, address.n);
	host[address.n] = '\0';
	struct network *n = &p->networks[p->n];
	if (!read_address(host, n->bytes, &v4))
		return refuse(err, -EINVAL, "trusted proxy '%s' is no address", text);
	if (!strchr(text, '/'))
		bits = v4 ? 32 : 128;
	else if (parse_u64(rest, v4 ? 32 : 128, &bits) < 0)
		return refuse(err, -EINVAL, "trusted proxy '%s' has no valid prefix length", text);
	n->bits = (unsigned)bits + (v4 ? 96 : 0);
	p->n++;
	return 0;
}

int proxies_new(const char *const *list, struct proxies **ret, struct error *err)
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
		int r = add(p, list[i], err);
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

static bool is_in(const struct network *n, const unsigned char a[ADDRESS_BYTES])
{
	unsigned whole = n->bits / 8, rest = n->bits % 8;

	if (memcmp(n->bytes, a, whole) != 0)
		return false;
	return rest == 0 || ((n->bytes[whole] ^ a[whole]) >> (8 - rest)) == 0;
}

static bool is_trusted(const struct proxies *p, const char *address)
{
	unsigned char bytes[ADDRESS_BYTES];
	bool v4;

	if (strcmp(address, "unix") == 0)
		return p->local;
	if (!read_address(address, bytes, &v4))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (is_in(&p->networks[i], bytes))
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
	unsigned char bytes[ADDRESS_BYTES];
	bool v4;

	snprintf(to, n, "%s", peer);
	while (is_trusted(p, to) && cut_last(&list, address) && read_address(address, bytes, &v4))
		snprintf(to, n, "%s", address);
}
