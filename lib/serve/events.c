/* SPDX-License-Identifier: MIT */
/* The answer as server-sent events: what phase a run is in, and its output while it comes. */
#include "internal.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "base/base64.h"

/* What a client that does not read may have waiting; beyond it, live output is left out: the result
 * has it all. */
enum { PENDING_MAX = 4 << 20 };

static const struct span probe = SPAN_LITERAL(": are you there\n\n");

void events_send(struct exchange *x, const char *event, struct span json)
{
	cleanup_buf struct buf b = { 0 };

	if (!x->stream)
		return;
	if (buf_addf(&b, "event: %s\ndata: ", event) < 0 || buf_add(&b, json.p, json.n) < 0 ||
		buf_add(&b, "\n\n", 2) < 0 || http_stream_write(x->stream, buf_span(&b)) < 0)
		http_abort(x->request);
}

bool events_open(struct exchange *x)
{
	x->stream = http_stream_start(x->request, "text/event-stream", probe);
	if (!x->stream)
		http_abort(x->request);
	return x->stream;
}

void events_start(struct exchange *x, size_t position)
{
	char json[200];

	if (!events_open(x))
		return;
	snprintf(json, sizeof json, "{\"id\":\"%s\",\"key\":\"%s\",\"position\":%zu}",
		ticket_id(x->ticket), x->key, position);
	events_send(x, "queued", span_of(json));
}

/* A piece may end within a character: then it goes as bytes. */
void events_output(struct exchange *x, int stream, struct span bytes)
{
	cleanup(json_decrefp) json_t *o = json_object();
	cleanup_buf struct buf encoded = { 0 };
	json_t *text = json_stringn(bytes.p, bytes.n);

	if (!o || !x->stream || http_stream_pending(x->stream) > PENDING_MAX) {
		json_decref(text);
		return;
	}
	if (text)
		json_object_set_new(o, "text", text);
	else if (base64_encode(bytes, &encoded) == 0)
		json_object_set_new(o, "base64", json_stringn(encoded.p, encoded.n));
	cleanup_free char *json = json_dumps(o, JSON_COMPACT);
	if (json)
		events_send(x, stream == 0 ? "stdout" : "stderr", span_of(json));
}
