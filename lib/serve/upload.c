/* SPDX-License-Identifier: MIT */
#include "upload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "multipart.h"

enum part_kind { PART_JOB, PART_STDIN, PART_FILE, PART_KINDS };

static const char *const part_names[PART_KINDS] = {
	[PART_JOB] = "job",
	[PART_STDIN] = "stdin",
	[PART_FILE] = "file",
};

struct upload {
	struct multipart *multipart;
	const struct order_limits *limits;
	struct order order;
	struct order_fault *fault; /* of the call under way */
	enum part_kind kind;
	char filename[MULTIPART_FILENAME_MAX];
	struct buf part;
	uint64_t bytes; /* of files and stdin so far */
};

static int wrong(struct upload *u, const char *field, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(struct upload *u, const char *field, const char *fmt, ...)
{
	va_list ap;

	snprintf(u->fault->field, sizeof u->fault->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(u->fault->detail, sizeof u->fault->detail, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int on_begin(void *ctx, const struct multipart_part *part)
{
	struct upload *u = ctx;
	int kind = 0;

	while (kind < PART_KINDS && strcmp(part_names[kind], part->name) != 0)
		kind++;
	if (kind == PART_KINDS)
		return wrong(u, part->name, "no such part is known; there are job, stdin and file");
	u->kind = (enum part_kind)kind;
	if ((kind == PART_JOB) != !u->order.job)
		return wrong(u, "job", "must be the first part, and there once");
	if (kind == PART_FILE && (!part->filename || !*part->filename))
		return wrong(u, "file", "needs a filename, the path of the file");
	snprintf(u->filename, sizeof u->filename, "%s", part->filename ? part->filename : "");
	u->part.n = 0;
	return 0;
}

static int on_data(void *ctx, struct span bytes)
{
	struct upload *u = ctx;

	u->bytes += bytes.n;
	if (u->bytes > u->limits->most.input_bytes +
			       (u->kind == PART_JOB ? u->limits->most.input_bytes / 3 : 0)) {
		u->fault->too_large = true;
		return wrong(u, part_names[u->kind], "the input has more than %llu bytes",
			(unsigned long long)u->limits->most.input_bytes);
	}
	return buf_add(&u->part, bytes.p, bytes.n);
}

static int end_job(struct upload *u)
{
	int r = order_read(buf_span(&u->part), u->limits, &u->order, u->fault);

	buf_done(&u->part);
	u->bytes = r == 0 ? job_input_size(u->order.job) : 0;
	return r;
}

static int on_end(void *ctx)
{
	struct upload *u = ctx;
	int r = 0;

	switch (u->kind) {
	case PART_JOB:
		return end_job(u);
	case PART_STDIN:
		r = order_set_stdin(&u->order, u->part.p, u->part.n, u->fault);
		break;
	case PART_FILE:
		r = order_add_file(&u->order, u->filename, u->part.p, u->part.n, u->fault);
		break;
	case PART_KINDS:
		break;
	}
	if (r == 0)
		u->part = (struct buf){ 0 };
	return r;
}

static const struct multipart_ops ops = { on_begin, on_data, on_end };

struct upload *upload_new(const char *content_type, const struct order_limits *limits)
{
	struct upload *u = calloc(1, sizeof *u);

	if (!u)
		return NULL;
	u->limits = limits;
	u->multipart = multipart_new(content_type, &ops, u);
	if (!u->multipart) {
		free(u);
		return NULL;
	}
	return u;
}

int upload_feed(struct upload *u, struct span bytes, struct order_fault *fault)
{
	u->fault = fault;
	int r = multipart_feed(u->multipart, bytes);
	return r == -EBADMSG ? wrong(u, "", "%s", multipart_fault(u->multipart)) : r;
}

int upload_finish(struct upload *u, struct order *ret, struct order_fault *fault)
{
	u->fault = fault;
	if (!multipart_is_whole(u->multipart))
		return wrong(u, "", "the body ends before its last boundary");
	if (!u->order.job)
		return wrong(u, "job", "is missing");
	*ret = u->order;
	u->order = (struct order){ 0 };
	return 0;
}

void upload_free(struct upload *u)
{
	if (!u)
		return;
	multipart_free(u->multipart);
	order_done(&u->order);
	buf_done(&u->part);
	free(u);
}
