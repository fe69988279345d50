/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static struct http_reply *wrap(unsigned status, struct MHD_Response *response, struct span body)
{
	struct http_reply *p = response ? calloc(1, sizeof *p) : NULL;

	if (!p) {
		if (response)
			MHD_destroy_response(response);
		return NULL;
	}
	*p = (struct http_reply){
		.response = response, .status = status, .references = 1, .body = body
	};
	return p;
}

struct http_reply *http_reply_new(
	unsigned status, struct span body, void (*release)(void *), void *owner)
{
	struct MHD_Response *response =
		release ? MHD_create_response_from_buffer_with_free_callback_cls(
				  body.n, (void *)(uintptr_t)body.p, release, owner)
			: MHD_create_response_from_buffer(
				  body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);

	if (!response && release)
		release(owner);
	return wrap(status, response, body);
}

struct http_reply *http_reply_copy(unsigned status, struct span body)
{
	char *copy = malloc(body.n + 1);

	if (!copy)
		return NULL;
	memcpy(copy, body.p, body.n);
	return http_reply_new(status, (struct span){ copy, body.n }, free, copy);
}

void http_reply_header(struct http_reply *p, const char *name, const char *value)
{
	MHD_add_response_header(p->response, name, value);
}

struct http_reply *http_reply_ref(struct http_reply *p)
{
	__atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
	return p;
}

size_t http_reply_size(const struct http_reply *p)
{
	return p->body.n;
}

void http_reply_unref(struct http_reply *p)
{
	if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	MHD_destroy_response(p->response);
	free(p);
}

void http_reply_unrefp(struct http_reply **p)
{
	http_reply_unref(*p);
}
