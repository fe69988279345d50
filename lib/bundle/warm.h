/* SPDX-License-Identifier: MIT */
/*
 * A list of what to have in the page cache, and of names to have looked up: files of an image and
 * the pages of them, as a guest says what it has read and a template is told what to read. Text:
 * records that end in NUL, each "FIRST+COUNT,FIRST+COUNT,... PATH", in pages of 4 KiB, ascending,
 * or "- PATH" for a name of which nothing was read, as of a symbolic link; PATH is relative to the
 * image's root.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum {
	WARM_PAGE = 4096,
	WARM_PATH_MAX = 1024,
	WARM_RECORDS_MAX = 16384,
	WARM_TEXT_MAX = 1 << 20,
	WARM_PAGES_MAX = 32768, /* of all files: 128 MiB */
	WARM_FILE_PAGES_MAX = 1 << 28,
};

struct warm_record {
	struct span ranges; /* empty: the name only */
	struct span path;
};

/* The next record, false at the end. A record that is not as above is -EPROTO in *@ret_error. */
bool warm_next(struct span *rest, struct warm_record *ret, int *ret_error);

/* The next range of a record's ranges; warm_next() has checked them. */
bool warm_next_range(struct span *ranges, uint64_t *ret_first, uint64_t *ret_count);
