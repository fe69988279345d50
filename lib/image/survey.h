/* SPDX-License-Identifier: MIT */
/* What one metadata file refers to: every content, with its place. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "content/index.h"
#include "erofs/read.h"

struct survey_ref {
	size_t address_at; /* in the metadata */
	uint64_t block, bytes;
};

struct survey {
	struct buf metadata; /* the whole file */
	struct span fs;      /* without its seal */
	struct erofs_reader reader;
	struct survey_ref *refs; /* ascending by address_at, hard links once */
	size_t n, room;
};

/* Reads the metadata file @fd, whole. -EINVAL with a message that names @path and what is broken.
 */
int survey_read(struct survey *s, int fd, const char *path, struct error *err);

/*
 * Its digest (see erofs_digest()), worked out again with the help of an index whose records are
 * sorted by block. -ENODATA when a content is not in the index. Puts zeros where addresses are.
 */
int survey_digest(struct survey *s, const struct index_record *by_block, size_t n,
	char ret[SHA256_TEXT], struct error *err);

/* Sorts the records of @x by block: index_find() is lost. */
void survey_sort_index(struct index *x);

/* The record of the content at @block, or NULL. */
const struct index_record *survey_find(
	const struct index_record *by_block, size_t n, uint64_t block);

/* Reads the index of the store. A store without one has an empty one. */
int survey_index(int store_fd, struct index *x, struct error *err);

/*
 * 0 when the store has the metadata file of @digest and it is what its digest says. -ENOENT,
 * -EINVAL, -EBADMSG with a message.
 */
int survey_check(int store_fd, const char *digest, struct error *err);

void survey_done(struct survey *s);
