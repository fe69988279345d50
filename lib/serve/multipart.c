/* SPDX-License-Identifier: MIT */
#include "multipart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/cleanup.h"
#include "http/negotiate.h"

/*
 * In front of the first boundary, what may stand there is dropped; each boundary is looked for as
 * CRLF "--" boundary, so the body is read as if it began with a CRLF. The bytes that may be the
 * beginning of a boundary stay in `held` until more is known: at most a boundary's length.
 */
enum state {
	PREAMBLE,
	AFTER_BOUNDARY, /* CRLF, or "--" for the end; white space is allowed */
	HEAD,
	DATA,
	END,
	BROKEN,
};

struct multipart {
	const struct multipart_ops *ops;
	void *ctx;
	enum state state;
	char mark[MULTIPART_BOUNDARY_MAX + 5]; /* CRLF "--" boundary */
	size_t mark_n, matched;                /* how much of the mark was seen */
	char head[MULTIPART_HEAD_MAX];
	size_t head_n;
	char name[MULTIPART_NAME_MAX], filename[MULTIPART_FILENAME_MAX];
	const char *fault;
};

static bool boundary_is_valid(const char *b)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=? ";
	size_t n = strlen(b);

	return n > 0 && b[strspn(b, allowed)] == '\0' && b[n - 1] != ' ';
}

struct multipart *multipart_new(
	const char *content_type, const struct multipart_ops *ops, void *ctx)
{
	char boundary[MULTIPART_BOUNDARY_MAX + 1];

	if (!header_parameter(span_of(content_type), "boundary", boundary, sizeof boundary) ||
		!boundary_is_valid(boundary))
		return NULL;
	struct multipart *m = calloc(1, sizeof *m);
	if (!m)
		return NULL;
	m->ops = ops;
	m->ctx = ctx;
	m->mark_n = (size_t)snprintf(m->mark, sizeof m->mark, "\r\n--%s", boundary);
	m->matched = 2;
	return m;
}

static int broken(struct multipart *m, const char *fault)
{
	m->state = BROKEN;
	m->fault = fault;
	return -EBADMSG;
}

/* --- heads --- */

static void decode_name(char *s)
{
	static const struct {
		const char *code;
		char c;
	} codes[] = { { "%22", '"' }, { "%0d", '\r' }, { "%0a", '\n' } };
	char *to = s;

	while (*s) {
		size_t i = 0;

		while (i < 3 && strncasecmp(s, codes[i].code, 3) != 0)
			i++;
		*to++ = i < 3 ? codes[i].c : *s;
		s += i < 3 ? 3 : 1;
	}
	*to = '\0';
}

static int read_disposition(struct multipart *m, struct span value)
{
	struct multipart_part part = { m->name, NULL };

	while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
		value = span_skip(value, 1);
	if (value.n < 9 || strncasecmp(value.p, "form-data", 9) != 0)
		return broken(m, "a part's Content-Disposition is not form-data");
	if (!header_parameter(value, "name", m->name, sizeof m->name))
		return broken(m, "a part has no name, or a too long one");
	bool is_file = header_parameter(value, "filename", m->filename, sizeof m->filename);
	if (is_file)
		part.filename = m->filename;
	decode_name(m->name);
	decode_name(m->filename);
	m->state = DATA;
	/* An empty part's boundary may come at once: its CRLF is the head's last. */
	m->matched = 0;
	return m->ops->begin(m->ctx, &part);
}

static int end_head(struct multipart *m)
{
	static const struct span key = SPAN_LITERAL("content-disposition:");
	struct span rest = { m->head, m->head_n }, line;

	while (span_cut(&rest, '\n', &line)) {
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n >= key.n && strncasecmp(line.p, key.p, key.n) == 0)
			return read_disposition(m, span_skip(line, key.n));
	}
	return broken(m, "a part has no Content-Disposition");
}

/* Returns how many bytes it took. */
static int feed_head(struct multipart *m, struct span *bytes)
{
	static const struct span end = SPAN_LITERAL("\r\n\r\n");

	while (bytes->n > 0) {
		if (m->head_n == sizeof m->head)
			return broken(m, "a part's head is too long");
		m->head[m->head_n++] = bytes->p[0];
		*bytes = span_skip(*bytes, 1);
		if (m->head_n >= end.n && memcmp(m->head + m->head_n - end.n, end.p, end.n) == 0)
			return end_head(m);
	}
	return 0;
}

/* --- behind a boundary: its head keeps the CRLF, so that an empty head is seen --- */

static int feed_after(struct multipart *m, struct span *bytes)
{
	while (bytes->n > 0) {
		char c = bytes->p[0];

		*bytes = span_skip(*bytes, 1);
		m->head[m->head_n++] = c;
		if (m->head_n == 2 && memcmp(m->head, "--", 2) == 0) {
			m->state = END;
			return 0;
		}
		if (m->head_n >= 2 && memcmp(m->head + m->head_n - 2, "\r\n", 2) == 0) {
			m->head[0] = '\r';
			m->head[1] = '\n';
			m->head_n = 2;
			m->state = HEAD;
			return 0;
		}
		bool fine = c == ' ' || c == '\t' || c == '\r' || (c == '-' && m->head_n == 1);
		if (!fine || m->head_n == 64)
			return broken(m, "there is something behind a boundary");
	}
	return 0;
}

/* --- data --- */

static int give(struct multipart *m, struct span bytes)
{
	return m->state == DATA && bytes.n > 0 ? m->ops->data(m->ctx, bytes) : 0;
}

static int end_data(struct multipart *m)
{
	int r = m->state == DATA ? m->ops->end(m->ctx) : 0;

	m->state = AFTER_BOUNDARY;
	m->matched = m->head_n = 0;
	return r;
}

/*
 * The mark begins with CR and has no other, so where a match breaks off, the next can begin at this
 * byte only. What looked like a mark until then was data.
 */
static int feed_data(struct multipart *m, struct span *bytes)
{
	while (bytes->n > 0) {
		if (m->matched == 0) {
			const char *cr = memchr(bytes->p, '\r', bytes->n);
			size_t n = cr ? (size_t)(cr - bytes->p) : bytes->n;
			int r = give(m, (struct span){ bytes->p, n });
			if (r < 0)
				return r;
			*bytes = span_skip(*bytes, n);
			if (bytes->n == 0)
				return 0;
		}
		if (bytes->p[0] != m->mark[m->matched]) {
			int r = give(m, (struct span){ m->mark, m->matched });
			if (r < 0)
				return r;
			m->matched = 0;
			continue;
		}
		*bytes = span_skip(*bytes, 1);
		if (++m->matched == m->mark_n)
			return end_data(m);
	}
	return 0;
}

int multipart_feed(struct multipart *m, struct span bytes)
{
	while (bytes.n > 0) {
		int r = 0;

		switch (m->state) {
		case PREAMBLE:
		case DATA:
			r = feed_data(m, &bytes);
			break;
		case AFTER_BOUNDARY:
			r = feed_after(m, &bytes);
			break;
		case HEAD:
			r = feed_head(m, &bytes);
			break;
		case END:
			return 0;
		case BROKEN:
			return -EBADMSG;
		}
		if (r < 0) {
			m->state = BROKEN;
			return r;
		}
	}
	return 0;
}

bool multipart_is_whole(const struct multipart *m)
{
	return m->state == END;
}

const char *multipart_fault(const struct multipart *m)
{
	return m->fault ? m->fault : "the body is not multipart/form-data";
}

void multipart_free(struct multipart *m)
{
	free(m);
}
