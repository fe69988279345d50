/* SPDX-License-Identifier: MIT */
#include "bundle.h"

#include <errno.h>

#include "base/parse.h"

/* The fields of a newc header behind its magic, 8 hexadecimal digits each. */
enum field {
	INO,
	MODE,
	UID,
	GID,
	NLINK,
	MTIME,
	FILESIZE,
	DEVMAJOR,
	DEVMINOR,
	RDEVMAJOR,
	RDEVMINOR,
	NAMESIZE,
	CHECK,
	FIELDS,
};

enum { MAGIC = 6, DIGITS = 8, HEADER = MAGIC + FIELDS * DIGITS };

void bundle_reader_init(struct bundle_reader *r, struct span all)
{
	*r = (struct bundle_reader){ .all = all };
}

static int bad(const struct bundle_reader *r, struct error *err, const char *what)
{
	return refuse(
		err, -EPROTO, "bundle, entry %u at byte %zu: %s", r->entries + 1, r->at, what);
}

/* @n bytes at @at and the padding behind them, which may be missing only at the very end. */
static bool cut(const struct bundle_reader *r, size_t *at, size_t n, struct span *ret)
{
	if (*at > r->all.n || n > r->all.n - *at)
		return false;
	*ret = (struct span){ r->all.p + *at, n };

	size_t end = *at + n, padded = (end + 3) & ~(size_t)3;
	*at = padded < r->all.n ? padded : r->all.n;
	return true;
}

static int read_header(const struct bundle_reader *r, uint64_t f[FIELDS], struct error *err)
{
	struct span h = span_skip(r->all, r->at);

	if (h.n < HEADER)
		return bad(r, err, "ends inside a header");
	if (!span_starts(h, SPAN_LITERAL("070701")))
		return bad(r, err, "no newc magic");
	for (size_t i = 0; i < FIELDS; i++)
		if (parse_hex((struct span){ h.p + MAGIC + i * DIGITS, DIGITS }, &f[i]) < 0)
			return bad(r, err, "a header field is not hexadecimal");
	if (f[NAMESIZE] < 2 || f[NAMESIZE] > BUNDLE_NAME_MAX + 1)
		return bad(r, err, "size of the name out of range");
	return 0;
}

static int check_entry(
	const struct bundle_reader *r, const struct bundle_entry *e, struct error *err)
{
	if (bundle_name_check(e->name) < 0)
		return bad(r, err, "unsafe name");
	if (!S_ISREG(e->mode) && !S_ISDIR(e->mode))
		return bad(r, err, "neither a file nor a directory");
	if (S_ISDIR(e->mode) && e->data.n > 0)
		return bad(r, err, "a directory with data");
	if (r->entries >= BUNDLE_ENTRIES_MAX)
		return bad(r, err, "too many entries");
	return 0;
}

int bundle_next(struct bundle_reader *r, struct bundle_entry *ret, struct error *err)
{
	uint64_t f[FIELDS];
	struct bundle_entry e;
	size_t at = r->at;

	int n = read_header(r, f, err);
	if (n < 0)
		return n;

	/* The padding behind the name counts from the header's start, which is a multiple of 4. */
	at += HEADER;
	if (!cut(r, &at, (size_t)f[NAMESIZE], &e.name))
		return bad(r, err, "ends inside a name");
	if (e.name.p[e.name.n - 1] != '\0')
		return bad(r, err, "name without its NUL");
	e.name.n--;
	if (span_equal(e.name, SPAN_LITERAL("TRAILER!!!")))
		return 0;

	if (!cut(r, &at, (size_t)f[FILESIZE], &e.data))
		return bad(r, err, "ends inside a file");
	e.mode = (mode_t)(f[MODE] & (S_IFMT | 0777));
	n = check_entry(r, &e, err);
	if (n < 0)
		return n;

	r->at = at;
	r->entries++;
	*ret = e;
	return 1;
}
