/* SPDX-License-Identifier: MIT */
#include "read.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "format.h"

static int broken(struct error *err, uint64_t nid, const char *what)
{
	return refuse(err, -EINVAL, "inode %llu: %s", (unsigned long long)nid, what);
}

/* @n bytes at @at, or an empty span when they are not all there. */
static struct span bytes_at(const struct erofs_reader *r, uint64_t at, uint64_t n)
{
	if (at > r->all.n || n > r->all.n - at)
		return (struct span){ NULL, 0 };
	return (struct span){ r->all.p + at, n };
}

int erofs_open(struct erofs_reader *r, struct span all, struct error *err)
{
	const char *p = all.p + EROFS_SUPER_AT;

	*r = (struct erofs_reader){ .all = all };
	if (all.n < EROFS_BLOCK || get32(p) != EROFS_MAGIC)
		return refuse(err, -EINVAL, "no erofs file system");
	if (p[12] != EROFS_BLOCK_BITS || p[13] != 0)
		return refuse(err, -EINVAL, "its blocks are not of 4096 bytes");
	if (get32(p + 80) & ~(uint32_t)(EROFS_INCOMPAT_CHUNKED_FILE | EROFS_INCOMPAT_DEVICE_TABLE |
					EROFS_INCOMPAT_PADDING))
		return refuse(
			err, -EINVAL, "it has features %#x, which are not ours", get32(p + 80));
	r->root = get16(p + 14);
	r->epoch = (int64_t)get64(p + 24);
	r->epoch_ns = get32(p + 32);
	if ((uint64_t)get32(p + 36) * EROFS_BLOCK > all.n)
		return refuse(err, -EINVAL, "it is cut short: %zu bytes of %u blocks", all.n,
			get32(p + 36));
	r->meta_at = (uint64_t)get32(p + 40) * EROFS_BLOCK;
	r->shared_at = (uint64_t)get32(p + 44) * EROFS_BLOCK;
	r->devices = get16(p + 86);
	return 0;
}

/* The fixed part of an inode. */
static int read_fixed(const struct erofs_reader *r, const char *p, bool extended,
	struct erofs_node *n, struct error *err)
{
	n->mode = get16(p + 4);
	if (extended) {
		n->size = get64(p + 8);
		n->uid = get32(p + 24);
		n->gid = get32(p + 28);
		n->mtime = (int64_t)get64(p + 32);
		n->mtime_ns = get32(p + 40);
		n->nlink = get32(p + 44);
	} else {
		n->nlink = get16(p + 6);
		n->size = get32(p + 8);
		n->uid = get16(p + 24);
		n->gid = get16(p + 26);
		n->mtime = r->epoch;
		n->mtime_ns = r->epoch_ns;
	}
	if (n->mtime_ns >= 1000000000)
		return broken(err, n->nid, "its time has too many nanoseconds");
	if (n->size > (uint64_t)1 << 48)
		return broken(err, n->nid, "its size is absurd");
	return 0;
}

/* Bytes that lie here: whole blocks somewhere, and, with @has_tail, the rest at @at. */
static int read_flat(const struct erofs_reader *r, struct erofs_node *n, uint32_t block,
	bool has_tail, uint64_t at, struct error *err)
{
	uint64_t tail = has_tail ? ((n->size - 1) & (EROFS_BLOCK - 1)) + 1 : 0;
	uint64_t head = n->size - tail;

	if (n->size == 0)
		return 0;
	if (head > 0) {
		n->head = bytes_at(r, (uint64_t)block * EROFS_BLOCK, head);
		if (!n->head.p)
			return broken(err, n->nid, "its blocks are not there");
	}
	if (tail > 0) {
		n->tail = bytes_at(r, at, tail);
		if (!n->tail.p || at % EROFS_BLOCK + tail > EROFS_BLOCK)
			return broken(err, n->nid, "its tail is not in one block");
	}
	return 0;
}

static int read_chunk(const struct erofs_reader *r, struct erofs_node *n, uint32_t format,
	uint64_t at, struct error *err)
{
	uint32_t bits = format & EROFS_CHUNK_BITS_MASK;
	struct span index = bytes_at(r, (at + 7) & ~(uint64_t)7, EROFS_CHUNK_INDEX_BYTES);

	if (!S_ISREG(n->mode) || n->size == 0)
		return broken(err, n->nid, "it has chunks, but is no file with contents");
	if ((format & ~(uint32_t)EROFS_CHUNK_BITS_MASK) != EROFS_CHUNK_INDEXES ||
		n->size > (uint64_t)EROFS_BLOCK << bits)
		return broken(err, n->nid, "it is not of one chunk");
	if (!index.p || get16(index.p) != 0 || get16(index.p + 2) != 1 || r->devices != 1)
		return broken(err, n->nid, "its chunk is not on the data device");
	n->is_data = true;
	n->block = get32(index.p + 4);
	n->address_at = (size_t)(index.p + 4 - r->all.p);
	return 0;
}

static void read_device(struct erofs_node *n, uint32_t device)
{
	n->major = (device & 0xfff00) >> 8;
	n->minor = (device & 0xff) | ((device >> 12) & 0xfff00);
}

static int read_content(const struct erofs_reader *r, struct erofs_node *n, uint32_t layout,
	uint32_t field, uint64_t at, struct error *err)
{
	switch (n->mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
		if (layout == EROFS_CHUNK_BASED)
			return read_chunk(r, n, field, at, err);
		if (layout != EROFS_FLAT_PLAIN && layout != EROFS_FLAT_INLINE)
			return broken(err, n->nid, "its layout is not ours");
		return read_flat(r, n, field, layout == EROFS_FLAT_INLINE, at, err);
	case S_IFCHR:
	case S_IFBLK:
		read_device(n, field);
		return 0;
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	default:
		return broken(err, n->nid, "it is of no known type");
	}
}

int erofs_node(
	const struct erofs_reader *r, uint64_t nid, struct erofs_node *ret, struct error *err)
{
	struct erofs_node n = { .nid = nid };
	uint64_t at = r->meta_at + (nid << EROFS_SLOT_BITS);
	struct span fixed = bytes_at(r, at, EROFS_COMPACT_BYTES);

	if (nid > r->all.n || !fixed.p)
		return broken(err, nid, "it is not there");
	uint32_t format = get16(fixed.p);
	bool extended = format & EROFS_EXTENDED;
	if (format > 0xf)
		return broken(err, nid, "its format is unknown");
	if (extended && !(fixed = bytes_at(r, at, EROFS_EXTENDED_BYTES)).p)
		return broken(err, nid, "it is not all there");
	int e = read_fixed(r, fixed.p, extended, &n, err);
	if (e < 0)
		return e;

	uint32_t xattrs = get16(fixed.p + 2);
	at += fixed.n;
	if (xattrs > 0) {
		n.xattrs_at = at;
		n.xattrs_n = EROFS_XATTR_HEADER_BYTES + (xattrs - 1) * 4;
		if (!bytes_at(r, at, n.xattrs_n).p)
			return broken(err, nid, "its xattrs are not all there");
		at += n.xattrs_n;
	}
	e = read_content(r, &n, format >> EROFS_LAYOUT_SHIFT, get32(fixed.p + 16), at, err);
	if (e == 0)
		*ret = n;
	return e;
}

static const char *prefix_of(uint8_t index)
{
	for (size_t i = 0; i < EROFS_PREFIXES; i++)
		if (erofs_prefixes[i].index == index)
			return erofs_prefixes[i].text;
	return NULL;
}

typedef int visit_xattr(void *ctx, struct span name, struct span value, struct error *err);

/* One xattr at @at, of which at most @max bytes; what it takes goes to *@ret_n. */
static int read_xattr(const struct erofs_reader *r, const struct erofs_node *n, uint64_t at,
	uint64_t max, uint64_t *ret_n, visit_xattr *visit, void *ctx, struct error *err)
{
	struct span head = bytes_at(r, at, EROFS_XATTR_ENTRY_BYTES);
	char name[256 + 32];

	if (!head.p || max < head.n)
		return broken(err, n->nid, "an xattr is not there");
	size_t name_n = (unsigned char)head.p[0], value_n = get16(head.p + 2);
	const char *prefix = prefix_of((uint8_t)head.p[1]);
	struct span rest = bytes_at(r, at + head.n, name_n + value_n);
	uint64_t all = (head.n + name_n + value_n + 3) & ~(uint64_t)3;
	if (!rest.p || !prefix || all > max)
		return broken(err, n->nid, "an xattr is broken");

	int n_all = snprintf(name, sizeof name, "%s%.*s", prefix, (int)name_n, rest.p);
	*ret_n = all;
	return visit(ctx, (struct span){ name, (size_t)n_all },
		(struct span){ rest.p + name_n, value_n }, err);
}

int erofs_xattrs(const struct erofs_reader *r, const struct erofs_node *n, visit_xattr *visit,
	void *ctx, struct error *err)
{
	uint64_t at = n->xattrs_at, end = at + n->xattrs_n, size = 0;

	if (at == 0)
		return 0;
	uint32_t shared = (unsigned char)r->all.p[at + 4];
	at += EROFS_XATTR_HEADER_BYTES;
	if (shared * 4 > end - at)
		return broken(err, n->nid, "its shared xattrs are not all there");
	for (; shared > 0; shared--, at += 4) {
		int e = read_xattr(r, n, r->shared_at + (uint64_t)get32(r->all.p + at) * 4,
			UINT64_MAX, &size, visit, ctx, err);
		if (e != 0)
			return e;
	}
	for (; at < end; at += size) {
		int e = read_xattr(r, n, at, end - at, &size, visit, ctx, err);
		if (e != 0)
			return e;
	}
	return 0;
}
