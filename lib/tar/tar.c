/* SPDX-License-Identifier: MIT */
#include "tar.h"

#include <errno.h>
#include <stdlib.h>

#include "base/parse.h"
#include "header.h"
#include "number.h"
#include "pax.h"

struct tar_reader {
	struct stream s;
	struct span piece; /* what is left of the stream's last one */
	uint64_t offset;
	char block[TAR_BLOCK]; /* one that lies across pieces */

	struct tar_header header;
	struct buf long_name, long_link; /* GNU */
	bool has_long_name, has_long_link;
	struct buf text, global_text; /* PAX */
	struct pax pax, global;
	struct sparse_map map; /* of the current file, when it has holes */

	/* Where in the current file we are. */
	uint64_t left, padding; /* stored bytes to come, and what fills their last block */
	uint64_t at;            /* of the next byte in the file, when it has no holes */
	size_t map_i;
	uint64_t map_done; /* of piece map_i */
	bool sparse, over;
};

struct tar_reader *tar_reader_new(struct stream s)
{
	struct tar_reader *t = calloc(1, sizeof *t);

	if (t)
		t->s = s;
	return t;
}

void tar_reader_free(struct tar_reader *t)
{
	if (!t)
		return;
	buf_done(&t->long_name);
	buf_done(&t->long_link);
	buf_done(&t->text);
	buf_done(&t->global_text);
	pax_reset(&t->pax);
	pax_reset(&t->global);
	sparse_done(&t->map);
	free(t);
}

void tar_reader_freep(struct tar_reader **t)
{
	tar_reader_free(*t);
}

uint64_t tar_offset(const struct tar_reader *t)
{
	return t->offset;
}

/* Puts the offset in front of what went wrong. */
static int bad_at(struct tar_reader *t, int r, const struct error *why, struct error *err)
{
	return refuse(err, r, "at byte %llu: %s", (unsigned long long)t->offset, why->text);
}

static int cut_short(struct tar_reader *t, struct error *err)
{
	return refuse(err, -ENODATA, "at byte %llu: the archive ends in the middle of %s",
		(unsigned long long)t->offset, t->header.name[0] ? t->header.name : "a header");
}

/* 1 when there is at least one byte in t->piece, 0 at the end of the stream. */
static int fill(struct tar_reader *t, struct error *err)
{
	return t->piece.n > 0 ? 1 : t->s.next(t->s.ctx, &t->piece, err);
}

static struct span take(struct tar_reader *t, uint64_t max)
{
	struct span s = { t->piece.p, t->piece.n < max ? t->piece.n : (size_t)max };

	t->piece = span_skip(t->piece, s.n);
	t->offset += s.n;
	return s;
}

/* 1 with a whole block, 0 when the stream ends before its first byte. */
static int read_block(struct tar_reader *t, const char **ret, struct error *err)
{
	if (t->piece.n >= TAR_BLOCK) {
		*ret = take(t, TAR_BLOCK).p;
		return 1;
	}
	for (size_t n = 0; n < TAR_BLOCK;) {
		int r = fill(t, err);
		if (r < 0)
			return r;
		if (r == 0)
			return n == 0 ? 0 : cut_short(t, err);
		struct span s = take(t, TAR_BLOCK - n);
		memcpy(t->block + n, s.p, s.n);
		n += s.n;
	}
	*ret = t->block;
	return 1;
}

static int skip(struct tar_reader *t, uint64_t n, struct error *err)
{
	if (t->s.skip && n > t->piece.n) {
		n -= t->piece.n;
		t->s.skip(t->s.ctx, n);
		t->offset += t->piece.n + n;
		t->piece.n = 0;
		return 0;
	}
	while (n > 0) {
		int r = fill(t, err);
		if (r <= 0)
			return r < 0 ? r : cut_short(t, err);
		n -= take(t, n).n;
	}
	return 0;
}

static uint64_t padding_of(uint64_t n)
{
	return -n & (TAR_BLOCK - 1);
}

/* The whole data of a header that describes another one. */
static int read_text(struct tar_reader *t, uint64_t n, struct buf *b, struct error *err)
{
	if (n > TAR_PAX_MAX || b->n + n > TAR_PAX_MAX)
		return refuse(err, -EPROTO,
			"at byte %llu: an extended header of %llu bytes is too large",
			(unsigned long long)t->offset, (unsigned long long)n);
	for (uint64_t left = n; left > 0;) {
		int r = fill(t, err);
		if (r <= 0)
			return r < 0 ? r : cut_short(t, err);
		struct span s = take(t, left);
		if (buf_add(b, s.p, s.n) < 0)
			return fail(err, -ENOMEM, "read tar header");
		left -= s.n;
	}
	return skip(t, padding_of(n), err);
}

static int read_long(struct tar_reader *t, struct buf *b, bool *has, struct error *err)
{
	b->n = 0;
	int r = read_text(t, t->header.size, b, err);
	if (r < 0)
		return r;
	b->n = strnlen(b->p ? b->p : "", b->n);
	*has = true;
	return 0;
}

static int read_pax(
	struct tar_reader *t, struct pax *p, struct buf *b, bool global, struct error *err)
{
	struct error why;

	if (!global)
		b->n = 0;
	pax_reset(p);
	int r = read_text(t, t->header.size, b, err);
	if (r < 0)
		return r;
	r = pax_read(p, buf_span(b), &why);
	return r < 0 ? bad_at(t, r, &why, err) : 0;
}

static int read_more_map(struct tar_reader *t, struct error *err)
{
	for (bool more = t->header.more_map; more;) {
		const char *block;
		int r = read_block(t, &block, err);
		if (r <= 0)
			return r < 0 ? r : cut_short(t, err);
		if (sparse_read_fields(&t->map, (struct span){ block, 504 }) < 0)
			return refuse(err, -EPROTO,
				"at byte %llu: the map of holes of '%s' makes no sense",
				(unsigned long long)t->offset, t->header.name);
		more = block[504] != 0;
	}
	return 0;
}

/* Version 1.0 keeps the map in front of the data: lines of decimal numbers, padded to a block. */
struct map_lines {
	const char *block;
	size_t at;
	uint64_t used;
};

static int map_line(struct tar_reader *t, struct map_lines *m, uint64_t *ret, struct error *err)
{
	char text[24];
	size_t n = 0;

	for (;;) {
		if (!m->block || m->at == TAR_BLOCK) {
			int r = m->used + TAR_BLOCK > t->left ? 0 : read_block(t, &m->block, err);
			if (r < 0)
				return r;
			if (r == 0)
				break;
			m->at = 0;
			m->used += TAR_BLOCK;
		}
		char c = m->block[m->at++];
		if (c == '\n' && parse_u64((struct span){ text, n }, TAR_FILE_MAX, ret) == 0)
			return 0;
		if (n == sizeof text || c == '\n')
			break;
		text[n++] = c;
	}
	return refuse(err, -EPROTO, "at byte %llu: the map of holes of '%s' makes no sense",
		(unsigned long long)t->offset, t->header.name);
}

static int read_map_lines(struct tar_reader *t, struct error *err)
{
	struct map_lines m = { NULL, 0, 0 };
	uint64_t n, at, size;

	int r = map_line(t, &m, &n, err);
	for (; r == 0 && n > 0; n--) {
		r = map_line(t, &m, &at, err);
		if (r == 0)
			r = map_line(t, &m, &size, err);
		if (r == 0 && (r = sparse_add(&t->map, at, size)) < 0)
			fail(err, r, "read the map of holes of '%s'", t->header.name);
	}
	t->left -= m.used;
	return r;
}

static unsigned have(const struct tar_reader *t, enum pax_field f)
{
	return (t->pax.have | t->global.have) & f;
}

/* The entry's own record, else the global one. */
#define PAX_OF(t, f) ((t)->pax.have & (f) ? &(t)->pax : &(t)->global)

static void set_names(const struct tar_reader *t, struct tar_entry *e)
{
	e->name = span_of(t->header.name);
	e->link = span_of(t->header.link);
	if (t->has_long_name)
		e->name = buf_span(&t->long_name);
	if (t->has_long_link)
		e->link = buf_span(&t->long_link);
	if (have(t, PAX_PATH))
		e->name = PAX_OF(t, PAX_PATH)->path;
	if (have(t, PAX_LINK))
		e->link = PAX_OF(t, PAX_LINK)->link;
	if (have(t, PAX_SPARSE_NAME))
		e->name = PAX_OF(t, PAX_SPARSE_NAME)->sparse_name;
}

static void set_numbers(const struct tar_reader *t, struct tar_entry *e)
{
	const struct tar_header *h = &t->header;

	e->mode = h->mode & 07777;
	e->uid = have(t, PAX_UID) ? PAX_OF(t, PAX_UID)->uid : h->uid;
	e->gid = have(t, PAX_GID) ? PAX_OF(t, PAX_GID)->gid : h->gid;
	e->mtime = h->mtime;
	if (have(t, PAX_MTIME)) {
		e->mtime = PAX_OF(t, PAX_MTIME)->mtime;
		e->mtime_ns = PAX_OF(t, PAX_MTIME)->mtime_ns;
	}
	e->major = h->major;
	e->minor = h->minor;
	e->xattrs = t->pax.n_xattrs ? t->pax.xattrs : t->global.xattrs;
	e->n_xattrs = t->pax.n_xattrs ? t->pax.n_xattrs : t->global.n_xattrs;
}

/* Which kind of sparse file it is, and its map. */
static int set_holes(struct tar_reader *t, struct tar_entry *e, struct error *err)
{
	int r = 0;

	t->sparse = true;
	if (t->header.type == 'S') {
		e->size = t->header.real_size;
		r = read_more_map(t, err);
	} else if (t->pax.have & PAX_REAL_SIZE) {
		e->size = t->pax.real_size;
		if (t->pax.sparse_major == 1) {
			r = read_map_lines(t, err);
		} else {
			sparse_done(&t->map);
			t->map = t->pax.map;
			t->pax.map = (struct sparse_map){ 0 };
		}
	} else {
		t->sparse = false;
	}
	if (r == 0 && t->sparse && sparse_check(&t->map, e->size, t->left) < 0)
		return refuse(err, -EPROTO,
			"at byte %llu: the map of holes of '%.*s' does not fit its size",
			(unsigned long long)t->offset, (int)(e->name.n < 200 ? e->name.n : 200),
			e->name.p);
	return r;
}

static int set_file(struct tar_reader *t, struct tar_entry *e, struct error *err)
{
	uint64_t stored = have(t, PAX_SIZE) ? PAX_OF(t, PAX_SIZE)->size : t->header.size;

	t->left = stored;
	t->padding = padding_of(stored);
	e->size = stored;
	return set_holes(t, e, err);
}

static int set_type(struct tar_reader *t, struct tar_entry *e, struct error *err)
{
	static const struct {
		char c;
		enum tar_type type;
	} types[] = {
		{ '0', TAR_FILE },
		{ '\0', TAR_FILE },
		{ '7', TAR_FILE },
		{ 'S', TAR_FILE },
		{ '1', TAR_HARD_LINK },
		{ '2', TAR_SYMLINK },
		{ '3', TAR_CHAR },
		{ '4', TAR_BLOCK_DEVICE },
		{ '5', TAR_DIRECTORY },
		{ '6', TAR_FIFO },
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (types[i].c != t->header.type)
			continue;
		e->type = types[i].type;
		/* v7 knew directories by the slash behind their names. */
		if (e->type == TAR_FILE && e->name.n > 0 && e->name.p[e->name.n - 1] == '/')
			e->type = TAR_DIRECTORY;
		return 0;
	}
	return refuse(err, -EPROTO, "at byte %llu: '%.*s' is of the unknown type '%c'",
		(unsigned long long)t->offset, (int)(e->name.n < 200 ? e->name.n : 200), e->name.p,
		t->header.type >= ' ' && t->header.type < 127 ? t->header.type : '?');
}

static int make_entry(struct tar_reader *t, struct tar_entry *ret, struct error *err)
{
	struct tar_entry e = { 0 };

	set_names(t, &e);
	set_numbers(t, &e);
	int r = set_type(t, &e, err);
	if (r < 0)
		return r;
	/* Only files have data, whatever the size field of the others says. */
	if (e.type == TAR_FILE)
		r = set_file(t, &e, err);
	if (r < 0)
		return r;
	*ret = e;
	return 1;
}

/* What belonged to the entry before. */
static void forget(struct tar_reader *t)
{
	t->has_long_name = t->has_long_link = false;
	pax_reset(&t->pax);
	sparse_done(&t->map);
	t->left = t->padding = t->at = t->map_i = t->map_done = 0;
	t->sparse = false;
}

/* A header that says something of the next: 1 when it was one, 0 when not. */
static int read_extension(struct tar_reader *t, struct error *err)
{
	int r;

	switch (t->header.type) {
	case 'x':
	case 'X':
		r = read_pax(t, &t->pax, &t->text, false, err);
		break;
	case 'g':
		r = read_pax(t, &t->global, &t->global_text, true, err);
		break;
	case 'L':
		r = read_long(t, &t->long_name, &t->has_long_name, err);
		break;
	case 'K':
		r = read_long(t, &t->long_link, &t->has_long_link, err);
		break;
	case 'V': /* the name of a volume */
		r = skip(t, t->header.size + padding_of(t->header.size), err);
		break;
	default:
		return 0;
	}
	return r < 0 ? r : 1;
}

int tar_next(struct tar_reader *t, struct tar_entry *ret, struct error *err)
{
	const char *block;
	struct error why;

	int r = skip(t, t->left + t->padding, err);
	if (r < 0)
		return r;
	forget(t);
	t->header.name[0] = '\0';
	while (!t->over) {
		r = read_block(t, &block, err);
		if (r < 0)
			return r;
		if (r == 0 || tar_block_is_zero(block)) {
			t->over = true;
			break;
		}
		r = tar_header_read(&t->header, block, &t->map, &why);
		if (r < 0) {
			t->offset -= TAR_BLOCK;
			return bad_at(t, r, &why, err);
		}
		r = read_extension(t, err);
		if (r < 0)
			return r;
		if (r == 0)
			return make_entry(t, ret, err);
	}
	return 0;
}

static int sparse_data(struct tar_reader *t, struct span *ret, uint64_t *ret_at, struct error *err)
{
	while (t->map_i < t->map.n && t->map_done == t->map.v[t->map_i].n) {
		t->map_i++;
		t->map_done = 0;
	}
	if (t->map_i == t->map.n)
		return 0;
	int r = fill(t, err);
	if (r <= 0)
		return r < 0 ? r : cut_short(t, err);
	*ret_at = t->map.v[t->map_i].at + t->map_done;
	*ret = take(t, t->map.v[t->map_i].n - t->map_done);
	t->map_done += ret->n;
	t->left -= ret->n;
	return 1;
}

int tar_data(struct tar_reader *t, struct span *ret, uint64_t *ret_at, struct error *err)
{
	if (t->sparse)
		return sparse_data(t, ret, ret_at, err);
	if (t->left == 0)
		return 0;
	int r = fill(t, err);
	if (r <= 0)
		return r < 0 ? r : cut_short(t, err);
	*ret_at = t->at;
	*ret = take(t, t->left);
	t->at += ret->n;
	t->left -= ret->n;
	return 1;
}

int tar_drain(struct tar_reader *t, struct error *err)
{
	int r;

	while ((r = fill(t, err)) > 0)
		take(t, UINT64_MAX);
	return r;
}
