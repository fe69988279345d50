/* SPDX-License-Identifier: MIT */
#include "write.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "format.h"
#include "hash/sha256.h"
#include "names.h"
#include "plan.h"
#include "shared.h"

struct writer {
	const struct plan *plan;
	struct erofs_metadata *out;
};

/* As the kernel's new_encode_dev() has it: 12 bits of major between the bits of minor. */
static uint32_t encode_device(const struct tree_inode *i)
{
	return (i->minor & 0xff) | i->major << 8 | (i->minor & ~0xffu) << 12;
}

/* The exponent of a chunk that holds all of the file. */
static uint16_t chunk_bits(uint64_t size)
{
	uint16_t bits = 0;

	while (((uint64_t)EROFS_BLOCK << bits) < size)
		bits++;
	return bits;
}

static uint32_t union_field(const struct plan_inode *in)
{
	const struct tree_inode *i = in->inode;

	if (S_ISCHR(i->mode) || S_ISBLK(i->mode))
		return encode_device(i);
	if (in->layout == EROFS_CHUNK_BASED)
		return EROFS_CHUNK_INDEXES | chunk_bits(i->size);
	return in->block;
}

static void write_inode(const struct writer *w, const struct plan_inode *in, uint64_t size)
{
	const struct tree_inode *i = in->inode;
	char *p = w->out->p + i->place;
	uint16_t xattrs =
		(uint16_t)(in->xattr_bytes ? (in->xattr_bytes - EROFS_XATTR_HEADER_BYTES) / 4 + 1
					   : 0);

	put16(p, (uint16_t)(in->layout << EROFS_LAYOUT_SHIFT | in->extended));
	put16(p + 2, xattrs);
	put16(p + 4, (uint16_t)i->mode);
	put32(p + 16, union_field(in));
	put32(p + 20, i->number + 1);
	if (!in->extended) {
		put16(p + 6, (uint16_t)i->nlink);
		put32(p + 8, (uint32_t)size);
		put16(p + 24, (uint16_t)i->uid);
		put16(p + 26, (uint16_t)i->gid);
		return;
	}
	put64(p + 8, size);
	put32(p + 24, i->uid);
	put32(p + 28, i->gid);
	put64(p + 32, (uint64_t)i->mtime);
	put32(p + 40, i->mtime_ns);
	put32(p + 44, i->nlink);
}

static char *write_xattr(char *p, const struct tree_xattr *x)
{
	struct span rest;

	p[1] = (char)plan_prefix(x->name, &rest);
	p[0] = (char)rest.n;
	put16(p + 2, (uint16_t)x->value.n);
	if (rest.n > 0)
		memcpy(p + 4, rest.p, rest.n);
	if (x->value.n > 0)
		memcpy(p + 4 + rest.n, x->value.p, x->value.n);
	return p + plan_xattr_bytes(x);
}

static void write_xattrs(const struct writer *w, const struct plan_inode *in)
{
	char *head = w->out->p + in->inode->place +
		     (in->extended ? EROFS_EXTENDED_BYTES : EROFS_COMPACT_BYTES);
	char *p = head + EROFS_XATTR_HEADER_BYTES;
	const struct tree_xattr *x;

	if (!in->xattr_bytes)
		return;
	for (x = in->inode->xattrs; x; x = x->next) {
		if (x->shared == XATTR_INLINE || plan_xattr_bytes(x) == 0)
			continue;
		put32(p, x->shared / 4);
		p += 4;
		head[4]++;
	}
	for (x = in->inode->xattrs; x; x = x->next)
		if (x->shared == XATTR_INLINE && plan_xattr_bytes(x) > 0)
			p = write_xattr(p, x);
}

static uint8_t file_type(uint32_t mode)
{
	static const struct {
		uint32_t mode;
		uint8_t type;
	} types[] = { { S_IFREG, 1 }, { S_IFDIR, 2 }, { S_IFCHR, 3 }, { S_IFBLK, 4 },
		{ S_IFIFO, 5 }, { S_IFSOCK, 6 }, { S_IFLNK, 7 } };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].mode == (mode & S_IFMT))
			return types[i].type;
	return 0;
}

static void write_names(char *p, const struct names_item *items, size_t n)
{
	uint32_t at = (uint32_t)(n * EROFS_DIRENT_BYTES);

	for (size_t i = 0; i < n; i++) {
		char *d = p + i * EROFS_DIRENT_BYTES;

		put64(d, items[i].inode->place >> EROFS_SLOT_BITS);
		put16(d + 8, (uint16_t)at);
		d[10] = (char)file_type(items[i].inode->mode);
		memcpy(p + at, items[i].name.p, items[i].name.n);
		at += (uint32_t)items[i].name.n;
	}
}

static void write_dir(const struct writer *w, const struct plan_inode *in, char *tail)
{
	struct names_item items[NAMES_BLOCK_MAX];
	struct names names;
	uint32_t bytes;
	size_t n;

	names_init(&names, in->inode);
	for (uint64_t block = 0; (n = names_block(&names, items, &bytes)) > 0; block++)
		write_names(
			block < in->blocks ? w->out->p + (in->block + block) * EROFS_BLOCK : tail,
			items, n);
}

static void write_one(struct writer *w, const struct plan_inode *in)
{
	const struct tree_inode *i = in->inode;
	char *tail = w->out->p + i->place + plan_inode_bytes(in);
	bool sized = S_ISREG(i->mode) || S_ISDIR(i->mode) || S_ISLNK(i->mode);

	write_inode(w, in, sized ? i->size : 0);
	write_xattrs(w, in);
	if (S_ISDIR(i->mode)) {
		write_dir(w, in, tail);
	} else if (in->layout == EROFS_CHUNK_BASED) {
		put16(tail + 2, 1);
		w->out->refs[w->out->n_refs++] =
			(struct erofs_ref){ (size_t)(tail + 4 - w->out->p), i->data, i->size };
	} else if (i->bytes) {
		char *to = in->blocks ? w->out->p + (uint64_t)in->block * EROFS_BLOCK : tail;
		memcpy(to, i->bytes, i->size);
	}
}

static void write_super(const struct writer *w, const struct tree_inode *root)
{
	const struct plan *plan = w->plan;
	char *p = w->out->p + EROFS_SUPER_AT;

	put32(p, EROFS_MAGIC);
	put32(p + 8, EROFS_COMPAT_MTIME);
	p[12] = EROFS_BLOCK_BITS;
	put16(p + 14, (uint16_t)(root->place >> EROFS_SLOT_BITS));
	put64(p + 16, plan->n);
	put64(p + 24, (uint64_t)plan->epoch);
	put32(p + 32, plan->epoch_ns);
	put32(p + 36, plan->end_block);
	put32(p + 44, plan->shared_block);
	put32(p + 80, EROFS_INCOMPAT_CHUNKED_FILE | EROFS_INCOMPAT_DEVICE_TABLE);
	put16(p + 86, 1);
	put16(p + 88, EROFS_DEVICE_AT / EROFS_DEVICE_BYTES);
	memcpy(w->out->p + EROFS_DEVICE_AT, "data", 4);
}

static int compare_refs(const void *a, const void *b)
{
	const struct erofs_ref *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static int check(const struct plan *p, struct error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct tree_inode *t = p->inodes[i].inode;

		if (t->major > 0xfff || t->minor > 0xfffff)
			return refuse(err, -E2BIG, "a device has the number %u:%u, at most 4095:%u",
				t->major, t->minor, 0xfffffu);
	}
	return 0;
}

int erofs_write(struct tree *t, struct erofs_metadata *ret, struct error *err)
{
	cleanup(plan_done) struct plan plan = { 0 };
	cleanup(erofs_metadata_done) struct erofs_metadata out = { 0 };

	int r = plan_make(&plan, t, err);
	if (r == 0)
		r = check(&plan, err);
	if (r < 0)
		return r;
	out.n = (size_t)plan.end_block * EROFS_BLOCK;
	out.p = calloc(1, out.n);
	out.refs = calloc(plan.n, sizeof *out.refs);
	if (!out.p || !out.refs)
		return fail(err, -ENOMEM, "write the file system");

	struct writer w = { &plan, &out };
	write_super(&w, tree_root(t));
	for (size_t i = 0; i < plan.n; i++)
		write_one(&w, &plan.inodes[i]);
	for (size_t i = 0; i < plan.n_shared; i++)
		write_xattr(out.p + (uint64_t)plan.shared_block * EROFS_BLOCK + plan.shared[i].at,
			plan.shared[i].x);
	qsort(out.refs, out.n_refs, sizeof *out.refs, compare_refs);
	*ret = out;
	out = (struct erofs_metadata){ 0 };
	return 0;
}

void erofs_digest(const struct erofs_metadata *m, struct sha256 *h, unsigned char ret[32])
{
	static const char head[] = "program-explorer image 1\n";

	sha256_add(h, head, sizeof head - 1);
	sha256_add(h, m->p, m->n);
	for (size_t i = 0; i < m->n_refs; i++)
		sha256_add(h, m->refs[i].data->sha256, sizeof m->refs[i].data->sha256);
	sha256_end(h, ret);
}

int erofs_place(struct erofs_metadata *m, struct error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < m->n_refs; i++) {
		const struct erofs_ref *ref = &m->refs[i];
		uint64_t past =
			ref->data->block + ((ref->size + EROFS_BLOCK - 1) >> EROFS_BLOCK_BITS);

		if (past >= EROFS_NO_BLOCK)
			return refuse(err, -E2BIG, "the data file is larger than 16 TiB");
		put32(m->p + ref->at, (uint32_t)ref->data->block);
		end = past > end ? past : end;
	}
	put32(m->p + EROFS_DEVICE_BLOCKS_AT, (uint32_t)end);
	return 0;
}

void erofs_metadata_done(struct erofs_metadata *m)
{
	free(m->p);
	free(m->refs);
	*m = (struct erofs_metadata){ 0 };
}
