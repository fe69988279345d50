/* SPDX-License-Identifier: MIT */
#include "write.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"

static const char types[] = {
	[TAR_FILE] = '0',
	[TAR_HARD_LINK] = '1',
	[TAR_SYMLINK] = '2',
	[TAR_CHAR] = '3',
	[TAR_BLOCK_DEVICE] = '4',
	[TAR_DIRECTORY] = '5',
	[TAR_FIFO] = '6',
};

static bool fits_octal(uint64_t v, size_t digits)
{
	return v < (uint64_t)1 << (3 * digits);
}

/* Digits and a NUL. */
static void put_octal(char *field, size_t n, uint64_t v)
{
	snprintf(field, n, "%0*llo", (int)(n - 1),
		(unsigned long long)(fits_octal(v, n - 1) ? v : 0));
}

static void put_text(char *field, size_t n, struct span s)
{
	if (s.n > 0)
		memcpy(field, s.p, s.n < n ? s.n : n);
}

static int write_block(const struct tar_writer *w, char *block, char type)
{
	static const char magic[8] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };
	unsigned sum = 0;

	block[156] = type;
	memcpy(block + 257, magic, sizeof magic);
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	/* Six digits and a NUL; the blank behind them stays. */
	snprintf(block + 148, 7, "%06o", sum & 0777777);
	return w->write(w->ctx, block, TAR_BLOCK);
}

/* A record tells its own length, its digits included. */
static int add_record(struct buf *b, const char *prefix, struct span key, struct span value)
{
	size_t rest = strlen(prefix) + key.n + value.n + 3, n = rest;
	char digits[24];

	for (size_t before = 0; before != n;) {
		before = n;
		n = rest + (size_t)snprintf(digits, sizeof digits, "%zu", before);
	}
	int r = buf_addf(b, "%zu %s%.*s=", n, prefix, (int)key.n, key.p);
	if (r == 0)
		r = buf_add(b, value.p, value.n);
	return r < 0 ? r : buf_add(b, "\n", 1);
}

static int add_number(struct buf *b, const char *key, uint64_t v)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", (unsigned long long)v);
	return add_record(b, "", span_of(key), span_of(text));
}

/* Before the epoch seconds and their fraction count in opposite directions. */
static int add_time(struct buf *b, const struct tar_entry *e)
{
	int64_t s = e->mtime;
	uint32_t ns = e->mtime_ns;
	bool negative = s < 0;
	char text[48];

	if (negative && ns > 0) {
		s += 1;
		ns = 1000000000 - ns;
	}
	snprintf(text, sizeof text, "%s%llu.%09u", negative ? "-" : "",
		(unsigned long long)(negative ? -s : s), ns);
	return add_record(b, "", SPAN_LITERAL("mtime"), span_of(text));
}

/* Whatever a header of 512 bytes cannot say. */
static int make_pax(struct buf *b, const struct tar_entry *e)
{
	int r = 0;

	if (e->name.n > 100)
		r = add_record(b, "", SPAN_LITERAL("path"), e->name);
	if (r == 0 && e->link.n > 100)
		r = add_record(b, "", SPAN_LITERAL("linkpath"), e->link);
	if (r == 0 && !fits_octal(e->size, 11))
		r = add_number(b, "size", e->size);
	if (r == 0 && !fits_octal(e->uid, 7))
		r = add_number(b, "uid", e->uid);
	if (r == 0 && !fits_octal(e->gid, 7))
		r = add_number(b, "gid", e->gid);
	if (r == 0 && (e->mtime < 0 || !fits_octal((uint64_t)e->mtime, 11) || e->mtime_ns > 0))
		r = add_time(b, e);
	for (size_t i = 0; r == 0 && i < e->n_xattrs; i++)
		r = add_record(b, "SCHILY.xattr.", e->xattrs[i].name, e->xattrs[i].value);
	return r;
}

int tar_write_padding(const struct tar_writer *w, uint64_t size)
{
	static const char zeros[TAR_BLOCK];
	size_t n = (size_t)(-size & (TAR_BLOCK - 1));

	return n ? w->write(w->ctx, zeros, n) : 0;
}

static int write_pax(const struct tar_writer *w, const struct tar_entry *e)
{
	cleanup_buf struct buf b = { 0 };
	char block[TAR_BLOCK] = { 0 };

	int r = make_pax(&b, e);
	if (r < 0 || b.n == 0)
		return r;
	put_text(block, 100, SPAN_LITERAL("PaxHeader"));
	put_octal(block + 100, 8, 0644);
	put_octal(block + 108, 8, 0);
	put_octal(block + 116, 8, 0);
	put_octal(block + 124, 12, b.n);
	put_octal(block + 136, 12, 0);
	r = write_block(w, block, 'x');
	if (r == 0)
		r = w->write(w->ctx, b.p, b.n);
	return r < 0 ? r : tar_write_padding(w, b.n);
}

int tar_write_entry(const struct tar_writer *w, const struct tar_entry *e)
{
	char block[TAR_BLOCK] = { 0 };

	int r = write_pax(w, e);
	if (r < 0)
		return r;
	put_text(block, 100, e->name);
	put_octal(block + 100, 8, e->mode);
	put_octal(block + 108, 8, e->uid);
	put_octal(block + 116, 8, e->gid);
	put_octal(block + 124, 12, e->type == TAR_FILE ? e->size : 0);
	put_octal(block + 136, 12, e->mtime > 0 ? (uint64_t)e->mtime : 0);
	put_text(block + 157, 100, e->link);
	put_octal(block + 329, 8, e->major);
	put_octal(block + 337, 8, e->minor);
	return write_block(w, block, types[e->type]);
}

int tar_write_end(const struct tar_writer *w)
{
	static const char zeros[2 * TAR_BLOCK];

	return w->write(w->ctx, zeros, sizeof zeros);
}
