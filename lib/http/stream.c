/* SPDX-License-Identifier: MIT */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

enum { BLOCK = 16384 };

/* libmicrohttpd asks for bytes; with none there it is put aside until there are. */
static ssize_t read_stream(void *cls, uint64_t at, char *to, size_t max)
{
	struct http_stream *t = cls;
	size_t n = t->waiting.n - t->taken;

	(void)at;
	if (t->request->gone || t->request->aborted)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0 && t->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0)
		return request_suspend(t->request) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
	if (n > max)
		n = max;
	memcpy(to, t->waiting.p + t->taken, n);
	t->taken += n;
	if (t->taken == t->waiting.n) {
		t->taken = t->waiting.n = 0;
		conn_set_deadline(conn_of(t->request), 0);
	}
	return (ssize_t)n;
}

struct http_stream *http_stream_start(
	struct http_request *r, const char *content_type, struct span probe)
{
	struct http_stream *t = calloc(1, sizeof *t);
	struct MHD_Response *response =
		t ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, t, NULL)
		  : NULL;
	struct http_reply *p = response ? calloc(1, sizeof *p) : NULL;

	if (!p) {
		if (response)
			MHD_destroy_response(response);
		free(t);
		return NULL;
	}
	*t = (struct http_stream){ .request = r, .probe = probe };
	*p = (struct http_reply){ .response = response, .status = MHD_HTTP_OK, .references = 1 };
	http_reply_header(p, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
	http_reply_header(p, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	http_reply_header(p, "X-Accel-Buffering", "no");
	r->stream = t;
	http_answer(r, p);
	http_reply_unref(p);
	return t;
}

int http_stream_write(struct http_stream *t, struct span bytes)
{
	if (t->request->gone)
		return 0;
	/* What was taken makes room for what comes. */
	if (t->taken > 0 && t->taken >= t->waiting.n / 2) {
		memmove(t->waiting.p, t->waiting.p + t->taken, t->waiting.n - t->taken);
		t->waiting.n -= t->taken;
		t->taken = 0;
	}
	int r = buf_add(&t->waiting, bytes.p, bytes.n);
	if (r < 0)
		return r;
	conn_set_deadline(conn_of(t->request), http_stream_pending(t));
	request_wake(t->request);
	return 0;
}

size_t http_stream_pending(const struct http_stream *t)
{
	return t->waiting.n - t->taken;
}

void http_stream_end(struct http_stream *t)
{
	t->ended = true;
	request_wake(t->request);
}

void stream_free(struct http_stream *t)
{
	if (!t)
		return;
	buf_done(&t->waiting);
	free(t);
}
