/* SPDX-License-Identifier: MIT */
/* One line for each request; they are written together, each time the server has nothing else to
 * do. */
#include "internal.h"

#include <time.h>

#include "log/log.h"

enum { FLUSH_FROM = 64 << 10 };

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void log_request(struct service *s, const struct http_request *r, unsigned status, uint64_t us,
	const struct exchange *x)
{
	struct log_field fields[13];
	size_t n = 0;

	if (!s->setup.log)
		return;
	fields[n++] = LOG_T("method", http_method(r));
	fields[n++] = LOG_T("path", http_path(r));
	fields[n++] = LOG_N("status", status);
	fields[n++] = LOG_US("ms", us);
	fields[n++] = LOG_T("client", x ? x->client : http_peer(r));
	if (x) {
		fields[n++] = LOG_T("key", x->key[0] ? x->key : NULL);
		fields[n++] = LOG_T("outcome", x->outcome);
		fields[n++] = LOG_T("cached", x->cached ? "yes" : NULL);
		if (x->entry && !x->cached) {
			fields[n++] = LOG_US("queue_ms", x->queue_us);
			fields[n++] = LOG_US("start_ms", x->entry->start_us);
			fields[n++] = LOG_US("program_ms", x->entry->program_us);
			fields[n++] = LOG_US("finish_ms", x->entry->finish_us);
		}
	}
	log_format_line(&s->log, s->setup.log_format, now_ns(), LOG_INFO, "request", fields, n);
	if (s->log.n > FLUSH_FROM)
		log_flush(s);
}

void log_problem(struct service *s, const char *what, const char *message)
{
	const struct log_field field = LOG_T("message", message);

	if (s->setup.log)
		log_format_line(
			&s->log, s->setup.log_format, now_ns(), LOG_WARNING, what, &field, 1);
}

void log_flush(struct service *s)
{
	if (s->log.n > 0)
		s->setup.log(s->setup.log_ctx, buf_span(&s->log));
	s->log.n = 0;
}
