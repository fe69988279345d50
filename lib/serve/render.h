/* SPDX-License-Identifier: MIT */
/* A kept run as a reply. */
#pragma once

#include <stdbool.h>

struct entry;
struct http_reply;
struct parcel_use;

/* The answer to a POST of this run. NULL without memory; a damaged entry gives a problem. Any
 * thread. */
struct http_reply *render_run(
	const struct entry *e, const struct parcel_use *use, bool multipart, bool gzip);

/* The answer to a GET of it, which anybody may keep for ever. */
struct http_reply *render_result(const struct entry *e, bool multipart, bool gzip);
