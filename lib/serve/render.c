/* SPDX-License-Identifier: MIT */
#include "render.h"

#include <errno.h>
#include <stdio.h>

#include "http/gzip.h"
#include "internal.h"
#include "parcel.h"

enum { GZIP_FROM = 1024 };

static struct http_reply *render(const struct entry *e, const struct parcel_use *use,
	bool multipart, bool gzip, const char *caching)
{
	char boundary[PARCEL_BOUNDARY_SIZE], type[128] = "application/json";
	cleanup_buf struct buf body = { 0 };
	cleanup_buf struct buf small = { 0 };

	int r = multipart ? parcel_to_multipart(e->body, use, boundary, &body)
			  : parcel_to_json(e->body, use, &body);
	if (r == -ENOMEM)
		return NULL;
	if (r < 0)
		return answer_problem(500, NULL, "the kept result is damaged");
	if (multipart)
		snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
	bool packed = gzip && body.n >= GZIP_FROM && gzip_compress(buf_span(&body), &small) == 0 &&
		      small.n < body.n;
	struct http_reply *p = answer_json(200, packed ? &small : &body, type);
	if (!p)
		return NULL;
	if (packed)
		http_reply_header(p, "Content-Encoding", "gzip");
	http_reply_header(p, "Vary", "Accept, Accept-Encoding");
	http_reply_header(p, "Cache-Control", caching);
	return p;
}

struct http_reply *render_run(
	const struct entry *e, const struct parcel_use *use, bool multipart, bool gzip)
{
	return render(e, use, multipart, gzip, "no-store");
}

struct http_reply *render_result(const struct entry *e, bool multipart, bool gzip)
{
	const struct parcel_use use = { e->key, true, 0 };
	struct http_reply *p =
		render(e, &use, multipart, gzip, "public, max-age=31536000, immutable");

	if (p)
		http_reply_header(p, "ETag", e->etag);
	return p;
}
