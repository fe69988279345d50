/* SPDX-License-Identifier: MIT */
/*
 * What of the on-disk format of erofs (Linux, Documentation/filesystems/erofs.rst) we write and
 * read: uncompressed, 4 KiB blocks, one device beside the metadata. All numbers are little-endian;
 * an inode is known by its nid, its offset in units of 32 bytes.
 */
#pragma once

#include <stdint.h>

enum {
	EROFS_BLOCK_BITS = 12,
	EROFS_BLOCK = 1 << EROFS_BLOCK_BITS,
	EROFS_SLOT_BITS = 5,
	EROFS_SLOT = 1 << EROFS_SLOT_BITS,

	EROFS_SUPER_AT = 1024,
	EROFS_DEVICE_BYTES = 128,
	EROFS_DEVICE_AT = EROFS_SUPER_AT + 128, /* the device table, right behind */
	EROFS_DEVICE_BLOCKS_AT = EROFS_DEVICE_AT + 64,

	EROFS_COMPAT_MTIME = 2,
	EROFS_INCOMPAT_PADDING = 1, /* of what is compressed; mkfs.erofs says it always */
	EROFS_INCOMPAT_CHUNKED_FILE = 4,
	EROFS_INCOMPAT_DEVICE_TABLE = 8,

	/* i_format: bit 0 extended, bits 1 to 3 the layout. */
	EROFS_EXTENDED = 1,
	EROFS_LAYOUT_SHIFT = 1,
	EROFS_FLAT_PLAIN = 0,
	EROFS_FLAT_INLINE = 2,
	EROFS_CHUNK_BASED = 4,

	EROFS_COMPACT_BYTES = 32,
	EROFS_EXTENDED_BYTES = 64,

	EROFS_CHUNK_BITS_MASK = 0x1f,
	EROFS_CHUNK_INDEXES = 0x20,
	EROFS_CHUNK_INDEX_BYTES = 8,

	EROFS_XATTR_HEADER_BYTES = 12,
	EROFS_XATTR_ENTRY_BYTES = 4,

	EROFS_DIRENT_BYTES = 12,
};

#define EROFS_MAGIC    0xe0f5e1e2u
#define EROFS_NO_BLOCK UINT32_MAX

/* Names of xattrs are a number and what comes behind these prefixes. */
struct erofs_prefix {
	uint8_t index;
	const char *text;
};

static const struct erofs_prefix erofs_prefixes[] = {
	{ 1, "user." },
	{ 2, "system.posix_acl_access" },
	{ 3, "system.posix_acl_default" },
	{ 4, "trusted." },
	{ 6, "security." },
};

enum { EROFS_PREFIXES = sizeof erofs_prefixes / sizeof *erofs_prefixes };

static inline void put16(void *p, uint16_t v)
{
	unsigned char *b = p;

	b[0] = (unsigned char)v;
	b[1] = (unsigned char)(v >> 8);
}

static inline void put32(void *p, uint32_t v)
{
	put16(p, (uint16_t)v);
	put16((unsigned char *)p + 2, (uint16_t)(v >> 16));
}

static inline void put64(void *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32((unsigned char *)p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t get16(const void *p)
{
	const unsigned char *b = p;

	return (uint16_t)(b[0] | b[1] << 8);
}

static inline uint32_t get32(const void *p)
{
	return get16(p) | (uint32_t)get16((const unsigned char *)p + 2) << 16;
}

static inline uint64_t get64(const void *p)
{
	return get32(p) | (uint64_t)get32((const unsigned char *)p + 4) << 32;
}
