/* SPDX-License-Identifier: MIT */
/* Whose word is taken for a client's address: proxies, by address or network. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct proxies;

/* @list: networks (config/network.h), NULL-terminated; may be NULL. -EINVAL names the entry. */
int proxies_new(char *const *list, struct proxies **ret, struct error *err);
void proxies_free(struct proxies *p);

/*
 * The client behind @peer: the last address in @forwarded (X-Forwarded-For, may be NULL) that is
 * not itself one of the proxies, if @peer is one; else @peer. What is no address ends the walk. @to
 * has @n bytes.
 */
void proxies_client(
	const struct proxies *p, const char *peer, const char *forwarded, char *to, size_t n);
