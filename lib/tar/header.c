/* SPDX-License-Identifier: MIT */
#include "header.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

#include "number.h"

/* Offsets and sizes of the fields (pax(1), tar(5)). */
#define FIELD(block, at, n) ((struct span){ (block) + (at), (n) })

enum {
	CHECKSUM_AT = 148,
	TYPE_AT = 156,
	MAGIC_AT = 257,
	PREFIX_AT = 345,
	GNU_MAP_AT = 386,
	GNU_MAP_N = 96,
	GNU_MORE_AT = 482,
	GNU_REAL_AT = 483,
};

bool tar_block_is_zero(const char *block)
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

/* Both sums that writers have made: of unsigned bytes, and of signed ones. */
static bool checksum_is_right(const char *block)
{
	int64_t given, plain = 0, with_sign = 0;

	for (size_t i = 0; i < TAR_BLOCK; i++) {
		bool blank = i >= CHECKSUM_AT && i < CHECKSUM_AT + 8;

		plain += blank ? ' ' : (unsigned char)block[i];
		with_sign += blank ? ' ' : (signed char)block[i];
	}
	return tar_number(FIELD(block, CHECKSUM_AT, 8), &given) == 0 &&
	       (given == plain || given == with_sign);
}

static void copy_text(char *to, size_t room, const char *prefix, const char *name)
{
	size_t p = prefix ? strnlen(prefix, 155) : 0;

	snprintf(to, room, "%.*s%s%.*s", (int)p, prefix ? prefix : "", p ? "/" : "",
		(int)strnlen(name, 100), name);
}

static int bad(const struct tar_header *h, const char *what, struct error *err)
{
	return refuse(err, -EPROTO, "'%.100s': %s", h->name, what);
}

static int read_numbers(struct tar_header *h, const char *block, struct error *err)
{
	static const struct {
		const char *what;
		size_t at, n, offset;
		uint32_t max;
	} fields[] = {
		{ "mode", 100, 8, offsetof(struct tar_header, mode), UINT32_MAX },
		{ "uid", 108, 8, offsetof(struct tar_header, uid), UINT32_MAX - 1 },
		{ "gid", 116, 8, offsetof(struct tar_header, gid), UINT32_MAX - 1 },
		{ "device", 329, 8, offsetof(struct tar_header, major), UINT32_MAX },
		{ "device", 337, 8, offsetof(struct tar_header, minor), UINT32_MAX },
	};
	int64_t v;

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		/* v7 has no device numbers; whatever stands there belongs to nobody. */
		if (fields[i].at > MAGIC_AT && (h->type != '3' && h->type != '4'))
			continue;
		if (tar_number(FIELD(block, fields[i].at, fields[i].n), &v) < 0 || v < 0 ||
			v > fields[i].max)
			return refuse(err, -EPROTO, "'%.100s': its %s is no number that can be",
				h->name, fields[i].what);
		*(uint32_t *)(void *)((char *)h + fields[i].offset) = (uint32_t)v;
	}
	if (tar_number(FIELD(block, 136, 12), &h->mtime) < 0)
		return bad(h, "its time is no number", err);
	if (tar_number(FIELD(block, 124, 12), &v) < 0 || v < 0 || (uint64_t)v > TAR_FILE_MAX)
		return bad(h, "its size is no number that can be", err);
	h->size = (uint64_t)v;
	return 0;
}

static int read_gnu_sparse(
	struct tar_header *h, const char *block, struct sparse_map *map, struct error *err)
{
	int64_t v;

	if (sparse_read_fields(map, FIELD(block, GNU_MAP_AT, GNU_MAP_N)) < 0 ||
		tar_number(FIELD(block, GNU_REAL_AT, 12), &v) < 0 || v < 0 ||
		(uint64_t)v > TAR_FILE_MAX)
		return bad(h, "its map of holes makes no sense", err);
	h->real_size = (uint64_t)v;
	h->more_map = block[GNU_MORE_AT] != 0;
	return 0;
}

int tar_header_read(
	struct tar_header *h, const char *block, struct sparse_map *map, struct error *err)
{
	bool posix = memcmp(block + MAGIC_AT, "ustar\0", 6) == 0;

	if (!checksum_is_right(block))
		return refuse(err, -EPROTO, "this is no tar header (its checksum is wrong)");
	*h = (struct tar_header){ .type = block[TYPE_AT] };
	copy_text(h->name, sizeof h->name, posix ? block + PREFIX_AT : NULL, block);
	copy_text(h->link, sizeof h->link, NULL, block + 157);
	int r = read_numbers(h, block, err);
	return r < 0 || h->type != 'S' ? r : read_gnu_sparse(h, block, map, err);
}
