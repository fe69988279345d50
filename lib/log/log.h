/* SPDX-License-Identifier: MIT */
/*
 * Lines of a log: one for each thing that happened, as logfmt or JSON, written at once (a line is
 * one write(), so lines of several threads or processes do not mix). Whatever a stranger put into a
 * value, it stays one line and one value. For bin/ only: libraries report errors to their callers.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum log_format {
	LOG_LOGFMT, /* time=2026-11-25T10:00:00.123Z level=info event=request status=200 */
	LOG_JSON, /* {"time":"2026-11-25T10:00:00.123Z","level":"info","event":"request","status":200}
		   */
};

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

struct log {
	int fd; /* borrowed */
	enum log_format format;
	enum log_level level; /* the last that is written */
};

struct log_field {
	const char *name; /* letters, digits, _ */
	enum {
		LOG_TEXT,
		LOG_NUMBER,
		LOG_MS, /* microseconds, shown as milliseconds with three places */
	} type;
	struct span text; /* a NULL pointer: the field is left out */
	uint64_t number;
};

#define LOG_T(name_, s_)                                                                           \
	((struct log_field){ .name = (name_), .type = LOG_TEXT, .text = log_span(s_) })
#define LOG_S(name_, span_)                                                                        \
	((struct log_field){ .name = (name_), .type = LOG_TEXT, .text = (span_) })
#define LOG_N(name_, n_)   ((struct log_field){ .name = (name_), .type = LOG_NUMBER, .number = (n_) })
#define LOG_US(name_, us_) ((struct log_field){ .name = (name_), .type = LOG_MS, .number = (us_) })

static inline struct span log_span(const char *s)
{
	return s ? span_of(s) : (struct span){ 0 };
}

/* Writes a line, if the log's level has it. A log that cannot be written is not complained about.
 */
void log_fields(const struct log *l, enum log_level level, const char *event,
	const struct log_field *fields, size_t n);

/* log_line(l, LOG_INFO, "request", LOG_N("status", 200), LOG_T("key", key)) */
#define log_line(l, level, event, ...)                                                             \
	log_fields(l, level, event, (const struct log_field[]){ __VA_ARGS__ },                     \
		sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))

/* The line itself, as of @ns since the epoch, appended to @to with its newline. -ENOMEM. */
int log_format_line(struct buf *to, enum log_format format, int64_t ns, enum log_level level,
	const char *event, const struct log_field *fields, size_t n);
