/* SPDX-License-Identifier: MIT */
#include "parcel.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "job/json.h"
#include "job/result.h"

enum { PARCEL_BLOBS_MAX = 65536 + 2, BLOBS_OWN = 2 };

/* In front; numbers as this machine has them, since parcels do not travel. */
struct head {
	char magic[8];
	uint64_t summary_n,
		n_blobs; /* behind it: uint64_t sizes[n_blobs], the summary, the blobs */
};

static const char magic[8] = "PEPAR1\r\n";

struct view {
	struct span summary;
	struct span *blobs; /* stdout, stderr, files */
	size_t n_blobs;
};

static void view_done(struct view *v)
{
	free(v->blobs);
}

/* --- writing --- */

static int add_blobs(const struct result *r, struct buf *to)
{
	int e = buf_add(to, r->out.p, r->out.n);

	if (e == 0)
		e = buf_add(to, r->err.p, r->err.n);
	for (size_t i = 0; e == 0 && i < r->n_files; i++)
		if (!S_ISDIR(r->files[i].mode))
			e = buf_add(to, r->files[i].data.p, r->files[i].data.n);
	return e;
}

static int add_sizes(const struct result *r, struct buf *to)
{
	const uint64_t own[BLOBS_OWN] = { r->out.n, r->err.n };

	int e = buf_add(to, own, sizeof own);
	for (size_t i = 0; e == 0 && i < r->n_files; i++) {
		uint64_t n = r->files[i].data.n;
		if (!S_ISDIR(r->files[i].mode))
			e = buf_add(to, &n, sizeof n);
	}
	return e;
}

int parcel_write(const struct result *r, const struct result_origin *origin, struct buf *to)
{
	cleanup(json_decrefp) json_t *o = result_summary_to_json(r, origin);
	cleanup_free char *summary =
		o ? json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
	struct head h = { .n_blobs = BLOBS_OWN };

	if (!summary)
		return -ENOMEM;
	memcpy(h.magic, magic, sizeof magic);
	h.summary_n = strlen(summary);
	for (size_t i = 0; i < r->n_files; i++)
		h.n_blobs += !S_ISDIR(r->files[i].mode);

	int e = buf_add(to, &h, sizeof h);
	if (e == 0)
		e = add_sizes(r, to);
	if (e == 0)
		e = buf_add(to, summary, h.summary_n);
	return e < 0 ? e : add_blobs(r, to);
}

/* --- reading --- */

static bool cut(struct span *rest, uint64_t n, struct span *ret)
{
	if (n > rest->n)
		return false;
	*ret = (struct span){ rest->p, (size_t)n };
	*rest = span_skip(*rest, (size_t)n);
	return true;
}

static int view_open(struct span parcel, struct view *ret)
{
	struct head h;
	struct span rest = parcel, part;

	if (!cut(&rest, sizeof h, &part))
		return -EPROTO;
	memcpy(&h, part.p, sizeof h);
	if (memcmp(h.magic, magic, sizeof magic) != 0 || h.n_blobs < BLOBS_OWN ||
		h.n_blobs > PARCEL_BLOBS_MAX)
		return -EPROTO;

	struct span sizes;
	cleanup(view_done) struct view v = { .blobs = calloc(h.n_blobs, sizeof *v.blobs),
		.n_blobs = h.n_blobs };
	if (!v.blobs)
		return -ENOMEM;
	if (!cut(&rest, h.n_blobs * sizeof(uint64_t), &sizes) ||
		!cut(&rest, h.summary_n, &v.summary))
		return -EPROTO;
	for (size_t i = 0; i < v.n_blobs; i++) {
		uint64_t n;
		memcpy(&n, sizes.p + i * sizeof n, sizeof n);
		if (!cut(&rest, n, &v.blobs[i]))
			return -EPROTO;
	}
	if (rest.n > 0)
		return -EPROTO;
	*ret = v;
	v.blobs = NULL;
	return 0;
}

/* The summary with what is said of this answer; NULL when it is damaged. */
static json_t *summary_of(const struct view *v, const struct parcel_use *use)
{
	json_t *o = json_loadb(v->summary.p, v->summary.n, 0, NULL);

	if (!json_is_object(o)) {
		json_decref(o);
		return NULL;
	}
	if (use->key)
		json_object_set_new(o, "key", json_string(use->key));
	json_object_set_new(o, "cached", json_boolean(use->cached));
	json_object_set_new(o, "queue_ms", json_real((double)use->queue_us / 1000));
	return o;
}

static size_t count_files(const json_t *o)
{
	size_t i, n = 0;
	json_t *file;

	json_array_foreach(json_object_get(o, "files"), i, file) n +=
		!json_object_get(file, "directory");
	return n;
}

static int add_json(struct buf *to, json_t *o)
{
	cleanup_free char *text = json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12));

	return text ? buf_add(to, text, strlen(text)) : -ENOMEM;
}

int parcel_to_json(struct span parcel, const struct parcel_use *use, struct buf *to)
{
	cleanup(view_done) struct view v = { 0 };

	int e = view_open(parcel, &v);
	if (e < 0)
		return e;
	cleanup(json_decrefp) json_t *o = summary_of(&v, use);
	if (!o || count_files(o) != v.n_blobs - BLOBS_OWN)
		return -EPROTO;
	result_json_add_contents(o, v.blobs[0], v.blobs[1], v.blobs + BLOBS_OWN);
	return add_json(to, o);
}

/* --- multipart --- */

/* Nobody who writes the contents can know it. */
static void make_boundary(char boundary[PARCEL_BOUNDARY_SIZE])
{
	uint64_t random[2] = { 0 };

	if (getrandom(random, sizeof random, 0) < 0)
		abort();
	snprintf(boundary, PARCEL_BOUNDARY_SIZE, "pe-%016llx%016llx", (unsigned long long)random[0],
		(unsigned long long)random[1]);
}

/* As browsers write and read the names of files in form data. */
static int add_escaped(struct buf *to, const char *s, size_t n)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < n; i++)
		switch (s[i]) {
		case '"':
			e = buf_add(to, "%22", 3);
			break;
		case '\r':
			e = buf_add(to, "%0D", 3);
			break;
		case '\n':
			e = buf_add(to, "%0A", 3);
			break;
		default:
			e = buf_add(to, s + i, 1);
		}
	return e;
}

static int add_head(struct buf *to, const char *boundary, const char *name, const char *filename)
{
	int e = buf_addf(to, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, name);

	if (e == 0 && filename)
		e = buf_addf(to, "; filename=\"");
	if (e == 0 && filename)
		e = add_escaped(to, filename, strlen(filename));
	if (e == 0 && filename)
		e = buf_addf(to, "\"");
	return e < 0 ? e
		     : buf_addf(to, "\r\nContent-Type: %s\r\n\r\n",
			       filename ? "application/octet-stream" : "application/json");
}

static int add_part(
	struct buf *to, const char *boundary, const char *name, const char *filename, struct span s)
{
	int e = add_head(to, boundary, name, filename);

	if (e == 0)
		e = buf_add(to, s.p, s.n);
	return e < 0 ? e : buf_add(to, "\r\n", 2);
}

static int add_files(
	struct buf *to, const char *boundary, const json_t *o, const struct span *blobs)
{
	size_t i;
	json_t *file;

	json_array_foreach(json_object_get(o, "files"), i, file)
	{
		const char *name = json_string_value(json_object_get(file, "name"));

		if (json_object_get(file, "directory"))
			continue;
		/* A name that is no text: the summary has it. */
		int e = add_part(to, boundary, "file", name ? name : "file", *blobs++);
		if (e < 0)
			return e;
	}
	return 0;
}

int parcel_to_multipart(struct span parcel, const struct parcel_use *use,
	char boundary[PARCEL_BOUNDARY_SIZE], struct buf *to)
{
	cleanup(view_done) struct view v = { 0 };

	int e = view_open(parcel, &v);
	if (e < 0)
		return e;
	cleanup(json_decrefp) json_t *o = summary_of(&v, use);
	if (!o || count_files(o) != v.n_blobs - BLOBS_OWN)
		return -EPROTO;
	make_boundary(boundary);
	e = add_head(to, boundary, "result", NULL);
	if (e == 0)
		e = add_json(to, o);
	if (e == 0)
		e = buf_add(to, "\r\n", 2);
	if (e == 0)
		e = add_part(to, boundary, "stdout", "stdout", v.blobs[0]);
	if (e == 0)
		e = add_part(to, boundary, "stderr", "stderr", v.blobs[1]);
	if (e == 0)
		e = add_files(to, boundary, o, v.blobs + BLOBS_OWN);
	return e < 0 ? e : buf_addf(to, "--%s--\r\n", boundary);
}
