/* SPDX-License-Identifier: MIT */
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/io.h"

enum {
	MAGIC = 0x31636570, /* "pec1" */
	BATCH = 1024,       /* records read at once */
	SLOTS_MIN = 1024,
};

/* As it lies in the file; little-endian machines only, like all that we run on. */
struct stored {
	uint32_t magic, checksum; /* CRC-32 of what follows */
	unsigned char sha256[SHA256_BYTES];
	uint64_t block, bytes, spare;
};

_Static_assert(sizeof(struct stored) == INDEX_RECORD_BYTES, "a record is 64 bytes");

static uint32_t checksum(const struct stored *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)crc32(0, p + 8, INDEX_RECORD_BYTES - 8);
}

static size_t slot_of(const struct index *x, const unsigned char *sha256)
{
	uint64_t h;

	memcpy(&h, sha256, sizeof h);
	return h & (x->n_slots - 1);
}

static void put(struct index *x, uint32_t number)
{
	size_t i = slot_of(x, x->v[number].sha256);

	while (x->slots[i])
		i = (i + 1) & (x->n_slots - 1);
	x->slots[i] = number + 1;
}

static int grow(struct index *x)
{
	size_t n = x->n_slots ? 2 * x->n_slots : SLOTS_MIN;
	uint32_t *slots = calloc(n, sizeof *slots);
	if (!slots)
		return -ENOMEM;

	free(x->slots);
	x->slots = slots;
	x->n_slots = n;
	for (size_t i = 0; i < x->n; i++)
		put(x, (uint32_t)i);
	return 0;
}

const struct index_record *index_find(const struct index *x, const unsigned char *sha256)
{
	if (!x->n_slots)
		return NULL;
	for (size_t i = slot_of(x, sha256); x->slots[i]; i = (i + 1) & (x->n_slots - 1)) {
		const struct index_record *r = &x->v[x->slots[i] - 1];

		if (memcmp(r->sha256, sha256, SHA256_BYTES) == 0)
			return r;
	}
	return NULL;
}

int index_add(struct index *x, const struct index_record *r)
{
	if (x->n >= UINT32_MAX / 2)
		return -E2BIG;
	if (2 * (x->n + 1) > x->n_slots && grow(x) < 0)
		return -ENOMEM;
	if (x->n == x->room) {
		size_t room = x->room ? 2 * x->room : BATCH;
		struct index_record *v = reallocarray(x->v, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		x->v = v;
		x->room = room;
	}
	x->v[x->n] = *r;
	put(x, (uint32_t)x->n++);
	return 0;
}

/* Takes the records of a batch that can be believed. */
static int take(struct index *x, const struct stored *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct index_record r = { .block = s[i].block, .bytes = s[i].bytes };

		memcpy(r.sha256, s[i].sha256, sizeof r.sha256);
		if (s[i].magic != MAGIC || s[i].checksum != checksum(&s[i]) || s[i].bytes == 0 ||
			s[i].block > UINT32_MAX || s[i].bytes > (uint64_t)1 << 44) {
			x->damaged++;
			continue;
		}
		int e = index_add(x, &r);
		if (e < 0)
			return e;
	}
	return 0;
}

int index_read(struct index *x, int fd, struct error *err)
{
	cleanup_free struct stored *batch = calloc(BATCH, sizeof *batch);
	off_t at = 0;

	if (!batch)
		return fail(err, -ENOMEM, "read the index of contents");
	for (;;) {
		ssize_t n = io_pread(fd, batch, BATCH * sizeof *batch, at);
		if (n < 0)
			return fail(err, (int)n, "read the index of contents");
		int r = take(x, batch, (size_t)n / sizeof *batch);
		if (r < 0)
			return fail(err, r, "read the index of contents");
		if ((size_t)n < BATCH * sizeof *batch)
			return 0;
		at += n;
	}
}

int index_append(const struct index *x, size_t from, int fd, uint64_t at)
{
	cleanup_buf struct buf all = { 0 };

	for (size_t i = from; i < x->n; i++) {
		struct stored s = {
			.magic = MAGIC, .block = x->v[i].block, .bytes = x->v[i].bytes
		};

		memcpy(s.sha256, x->v[i].sha256, sizeof s.sha256);
		s.checksum = checksum(&s);
		if (buf_add(&all, &s, sizeof s) < 0)
			return -ENOMEM;
	}
	return all.n ? io_pwrite(fd, all.p, all.n, (off_t)at) : 0;
}

uint64_t index_end(const struct index *x)
{
	uint64_t end = 0;

	for (size_t i = 0; i < x->n; i++) {
		uint64_t past = x->v[i].block + (x->v[i].bytes + INDEX_BLOCK - 1) / INDEX_BLOCK;

		end = past > end ? past : end;
	}
	return end;
}

void index_done(struct index *x)
{
	free(x->v);
	free(x->slots);
	*x = (struct index){ 0 };
}
