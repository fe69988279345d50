/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdio.h>
#include <time.h>

#include "sys/io.h"

enum {
	TEXT_MAX = 4096, /* of a value; what is beyond is cut */
	TIME_SIZE = 32,
};

static const char *const levels[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static void format_time(char *to, int64_t ns)
{
	time_t s = (time_t)(ns / 1000000000);
	struct tm tm = { 0 };
	char date[TIME_SIZE];

	gmtime_r(&s, &tm);
	strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(to, TIME_SIZE, "%.20s.%03dZ", date, (int)(ns / 1000000 % 1000));
}

/* The length of the UTF-8 sequence that @s starts with, shortest form and no surrogate; 0 when it
 * is none. */
static size_t utf8_length(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = p[0] < 0x80   ? 1
		   : p[0] < 0xc2 ? 0
		   : p[0] < 0xe0 ? 2
		   : p[0] < 0xf0 ? 3
		   : p[0] < 0xf5 ? 4
				 : 0;

	if (n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
		(p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

/* One character of a quoted value, as JSON wants it; a byte that is none becomes the replacement
 * character. */
static int add_character(struct buf *to, struct span s, size_t *ret_n)
{
	unsigned char c = (unsigned char)s.p[0];
	size_t n = utf8_length(s);

	*ret_n = n ? n : 1;
	if (n == 0)
		return buf_addf(to, "\xef\xbf\xbd");
	if (c == '"' || c == '\\')
		return buf_addf(to, "\\%c", c);
	if (c < 0x20 || c == 0x7f)
		return buf_addf(to, "\\u%04x", c);
	/* C1 controls and the line separators that some readers obey. */
	if (n == 2 && c == 0xc2 && (unsigned char)s.p[1] < 0xa0)
		return buf_addf(to, "\\u%04x", (unsigned char)s.p[1]);
	if (n == 3 && memcmp(s.p, "\xe2\x80", 2) == 0 && ((unsigned char)s.p[2] | 1) == 0xa9)
		return buf_addf(to, "\\u20%x", (unsigned char)s.p[2] - 0x80);
	return buf_add(to, s.p, n);
}

static int add_quoted(struct buf *to, struct span s)
{
	int r = buf_add(to, "\"", 1);

	while (r == 0 && s.n > 0) {
		size_t n;

		r = add_character(to, s, &n);
		s = span_skip(s, n);
	}
	return r < 0 ? r : buf_add(to, "\"", 1);
}

/* What logfmt can show without quotes. */
static bool is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || strchr("\"=\\", s.p[i]))
			return false;
	return s.n > 0;
}

static int add_text(struct buf *to, enum log_format format, struct span s)
{
	if (s.n > TEXT_MAX)
		s.n = TEXT_MAX;
	return format == LOG_LOGFMT && is_plain(s) ? buf_add(to, s.p, s.n) : add_quoted(to, s);
}

static int add_field(struct buf *to, enum log_format format, const struct log_field *f)
{
	unsigned long long n = f->number;

	int r = buf_addf(to, format == LOG_JSON ? ",\"%s\":" : " %s=", f->name);
	if (r < 0)
		return r;
	switch (f->type) {
	case LOG_NUMBER:
		return buf_addf(to, "%llu", n);
	case LOG_MS:
		return buf_addf(to, "%llu.%03llu", n / 1000, n % 1000);
	case LOG_TEXT:
		break;
	}
	return add_text(to, format, f->text);
}

int log_format_line(struct buf *to, enum log_format format, int64_t ns, enum log_level level,
	const char *event, const struct log_field *fields, size_t n)
{
	char at[TIME_SIZE];

	format_time(at, ns);
	int r = format == LOG_JSON
			? buf_addf(to, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", at,
				  levels[level], event)
			: buf_addf(to, "time=%s level=%s event=%s", at, levels[level], event);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (fields[i].type != LOG_TEXT || fields[i].text.p)
			r = add_field(to, format, &fields[i]);
	return r < 0 ? r : buf_addf(to, format == LOG_JSON ? "}\n" : "\n");
}

void log_fields(const struct log *l, enum log_level level, const char *event,
	const struct log_field *fields, size_t n)
{
	cleanup_buf struct buf line = { 0 };
	struct timespec t;

	if (level > l->level)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	if (log_format_line(&line, l->format, (int64_t)t.tv_sec * 1000000000 + t.tv_nsec, level,
		    event, fields, n) == 0)
		io_write(l->fd, line.p, line.n);
}
