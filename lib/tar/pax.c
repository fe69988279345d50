/* SPDX-License-Identifier: MIT */
#include "pax.h"

#include <errno.h>
#include <stdlib.h>

#include "base/parse.h"
#include "number.h"

static int bad(struct error *err, struct span key, const char *what)
{
	return refuse(
		err, -EPROTO, "PAX header '%.*s': %s", (int)(key.n < 80 ? key.n : 80), key.p, what);
}

static int read_number(struct span v, uint64_t max, uint64_t *ret)
{
	return parse_u64(v, max, ret) < 0 ? -EINVAL : 0;
}

static int read_id(struct span v, uint32_t *ret)
{
	uint64_t n;

	if (read_number(v, UINT32_MAX - 1, &n) < 0)
		return -EINVAL;
	*ret = (uint32_t)n;
	return 0;
}

static int set_path(struct pax *p, struct span v)
{
	p->path = v;
	return v.n > 0 ? 0 : -EINVAL;
}

static int set_link(struct pax *p, struct span v)
{
	p->link = v;
	return 0;
}

static int set_size(struct pax *p, struct span v)
{
	return read_number(v, TAR_FILE_MAX, &p->size);
}

static int set_uid(struct pax *p, struct span v)
{
	return read_id(v, &p->uid);
}

static int set_gid(struct pax *p, struct span v)
{
	return read_id(v, &p->gid);
}

static int set_mtime(struct pax *p, struct span v)
{
	return tar_time(v, &p->mtime, &p->mtime_ns);
}

static int set_real_size(struct pax *p, struct span v)
{
	return read_number(v, TAR_FILE_MAX, &p->real_size);
}

static int set_sparse_name(struct pax *p, struct span v)
{
	p->sparse_name = v;
	return v.n > 0 ? 0 : -EINVAL;
}

static int set_major(struct pax *p, struct span v)
{
	uint64_t n;
	int r = read_number(v, 9, &n);

	p->sparse_major = (unsigned)(r == 0 ? n : 0);
	return r;
}

static int set_minor(struct pax *p, struct span v)
{
	uint64_t n;
	int r = read_number(v, 9, &n);

	p->sparse_minor = (unsigned)(r == 0 ? n : 0);
	return r;
}

static int add_map(struct pax *p, struct span v)
{
	return sparse_read_list(&p->map, v);
}

static int add_offset(struct pax *p, struct span v)
{
	p->map.has_pending = true;
	return read_number(v, TAR_FILE_MAX, &p->map.pending);
}

static int add_length(struct pax *p, struct span v)
{
	uint64_t n;

	if (!p->map.has_pending || read_number(v, TAR_FILE_MAX, &n) < 0)
		return -EINVAL;
	p->map.has_pending = false;
	return sparse_add(&p->map, p->map.pending, n);
}

static const struct {
	const char *key;
	unsigned field;
	int (*set)(struct pax *p, struct span value);
} keys[] = {
	{ "path", PAX_PATH, set_path },
	{ "linkpath", PAX_LINK, set_link },
	{ "size", PAX_SIZE, set_size },
	{ "uid", PAX_UID, set_uid },
	{ "gid", PAX_GID, set_gid },
	{ "mtime", PAX_MTIME, set_mtime },
	{ "GNU.sparse.size", PAX_REAL_SIZE, set_real_size },
	{ "GNU.sparse.realsize", PAX_REAL_SIZE, set_real_size },
	{ "GNU.sparse.name", PAX_SPARSE_NAME, set_sparse_name },
	{ "GNU.sparse.major", 0, set_major },
	{ "GNU.sparse.minor", 0, set_minor },
	{ "GNU.sparse.map", 0, add_map },
	{ "GNU.sparse.offset", 0, add_offset },
	{ "GNU.sparse.numbytes", 0, add_length },
};

static int add_xattr(struct pax *p, struct span name, struct span value, struct error *err)
{
	if (name.n == 0 || name.n > TAR_XATTR_NAME_MAX || memchr(name.p, '\0', name.n))
		return bad(err, name, "is no name of an xattr");
	if (value.n > TAR_XATTR_VALUE_MAX - 1)
		return bad(err, name, "has a value of more than 64 KiB");
	for (size_t i = 0; i < p->n_xattrs; i++) {
		if (span_equal(p->xattrs[i].name, name)) {
			p->xattrs[i].value = value;
			return 0;
		}
	}
	if (p->n_xattrs >= TAR_XATTRS_MAX)
		return bad(err, name, "is one xattr too many");
	if (!p->xattrs && !(p->xattrs = calloc(TAR_XATTRS_MAX, sizeof *p->xattrs)))
		return fail(err, -ENOMEM, "read PAX header");
	p->xattrs[p->n_xattrs++] = (struct tar_xattr){ name, value };
	return 0;
}

static int digit64(unsigned char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Decodes @text behind the end of @out, which has the room. */
static int decode64(struct span text, struct buf *out)
{
	uint32_t bits = 0;
	int n = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '='; i++) {
		int d = digit64((unsigned char)text.p[i]);
		if (d < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)d;
		n += 6;
		if (n >= 8) {
			n -= 8;
			char c = (char)(bits >> n);
			if (buf_add(out, &c, 1) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* libarchive writes names with %XX and values in base 64; when SCHILY.xattr is there too, both say
 * the same. */
static int add_libarchive(struct pax *p, struct span name, struct span text, struct error *err)
{
	/* Spans into `values` must not move: the room for all of a header is taken at once. */
	if (!p->values.p) {
		char *room = malloc(2 * TAR_PAX_MAX);
		if (!room)
			return fail(err, -ENOMEM, "read PAX header");
		p->values = (struct buf){ room, 0, 2 * TAR_PAX_MAX };
	}
	if (p->values.n + name.n + text.n > p->values.room)
		return bad(err, name, "is too much");

	size_t from = p->values.n;
	for (size_t i = 0; i < name.n; i++) {
		uint64_t c = (unsigned char)name.p[i];

		if (name.p[i] == '%') {
			if (name.n - i < 3 || parse_hex((struct span){ name.p + i + 1, 2 }, &c) < 0)
				return bad(err, name, "has a broken %-escape");
			i += 2;
		}
		char byte = (char)c;
		buf_add(&p->values, &byte, 1);
	}
	struct span key = { p->values.p + from, p->values.n - from };
	from = p->values.n;
	if (decode64(text, &p->values) < 0)
		return bad(err, name, "is no base 64");
	return add_xattr(p, key, (struct span){ p->values.p + from, p->values.n - from }, err);
}

static int read_record(struct pax *p, struct span key, struct span value, struct error *err)
{
	static const struct span schily = SPAN_LITERAL("SCHILY.xattr.");
	static const struct span libarchive = SPAN_LITERAL("LIBARCHIVE.xattr.");

	if (span_starts(key, schily))
		return add_xattr(p, span_skip(key, schily.n), value, err);
	if (span_starts(key, libarchive))
		return add_libarchive(p, span_skip(key, libarchive.n), value, err);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (!span_equal(key, span_of(keys[i].key)))
			continue;
		/* An empty value takes back what a global header said. */
		if (value.n == 0) {
			p->have &= ~keys[i].field;
			return 0;
		}
		int r = keys[i].set(p, value);
		if (r == -ENOMEM || r == -E2BIG)
			return fail(err, r, "read PAX header '%s'", keys[i].key);
		if (r < 0)
			return bad(err, key, "has a value that cannot be");
		p->have |= keys[i].field;
	}
	return 0;
}

int pax_read(struct pax *p, struct span text, struct error *err)
{
	while (text.n > 0) {
		const char *space = memchr(text.p, ' ', text.n < 20 ? text.n : 20);
		uint64_t n;

		/* Some writers pad with NULs. */
		if (text.p[0] == '\0')
			return 0;
		if (!space || parse_u64((struct span){ text.p, (size_t)(space - text.p) }, text.n,
				      &n) < 0)
			return bad(err, (struct span){ text.p, 0 }, "a record has no length");
		struct span record = { text.p, n };
		size_t head = (size_t)(space - text.p) + 1;
		if (n < head + 2 || record.p[n - 1] != '\n')
			return bad(err, (struct span){ text.p, 0 }, "a record has a wrong length");
		record = (struct span){ record.p + head, n - head - 1 };
		const char *equals = memchr(record.p, '=', record.n);
		if (!equals)
			return bad(err, record, "has no value");
		size_t key_n = (size_t)(equals - record.p);
		int r = read_record(
			p, (struct span){ record.p, key_n }, span_skip(record, key_n + 1), err);
		if (r < 0)
			return r;
		text = span_skip(text, n);
	}
	return 0;
}

void pax_reset(struct pax *p)
{
	sparse_done(&p->map);
	free(p->xattrs);
	buf_done(&p->values);
	*p = (struct pax){ 0 };
}
