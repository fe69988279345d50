/* SPDX-License-Identifier: MIT */
#include "distribution.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "sys/io.h"

enum {
	OS_RELEASE_MAX = 64 << 10,
};

void distribution_done(struct distribution *d)
{
	free(d->id);
	free(d->codename);
	*d = (struct distribution){ 0 };
}

/* The value of "KEY=value" or "KEY="value"" when @line is of that key. */
static bool read_value(struct span line, struct span key, struct span *ret)
{
	if (!span_starts(line, key) || line.n == key.n || line.p[key.n] != '=')
		return false;

	struct span v = span_skip(line, key.n + 1);
	if (v.n >= 2 && strchr("\"'", v.p[0]) && v.p[v.n - 1] == v.p[0])
		v = (struct span){ v.p + 1, v.n - 2 };
	*ret = v;
	return v.n > 0;
}

int distribution_read(struct distribution *d, const char *path, struct error *err)
{
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", path);

	cleanup_buf struct buf text = { 0 };
	int r = io_read_all(fd, OS_RELEASE_MAX, &text);
	if (r < 0)
		return fail(err, r, "read '%s'", path);

	struct span rest = buf_span(&text), line, id = { 0 }, codename = { 0 };
	while (span_cut(&rest, '\n', &line)) {
		read_value(line, SPAN_LITERAL("ID"), &id);
		read_value(line, SPAN_LITERAL("VERSION_CODENAME"), &codename);
	}
	if (!id.n || !codename.n)
		return refuse(err, -ENOENT,
			"'%s' has no %s: images are made from Debian's packages", path,
			id.n ? "VERSION_CODENAME" : "ID");

	cleanup(distribution_done) struct distribution fresh = { strndup(id.p, id.n),
		strndup(codename.p, codename.n) };
	if (!fresh.id || !fresh.codename)
		return fail(err, -ENOMEM, "read '%s'", path);
	*d = fresh;
	fresh = (struct distribution){ 0 };
	return 0;
}

enum column {
	URI,
	RELEASE,
	COMPONENT,
	CODENAME,
	ORIGIN,
	COLUMNS,
};

static bool is_known(struct span column)
{
	return column.n > 0 && column.p[0] != '$';
}

/* "bookworm", "bookworm-updates" and "bookworm-security" of codename "bookworm". */
static bool is_release_of(const struct distribution *d, struct span name)
{
	struct span codename = span_of(d->codename), tail = span_skip(name, codename.n);

	return span_starts(name, codename) &&
	       (tail.n == 0 || span_equal(tail, SPAN_LITERAL("-updates")) ||
		       span_equal(tail, SPAN_LITERAL("-security")));
}

static bool is_wanted(const struct distribution *d, const struct span c[COLUMNS])
{
	if (!is_release_of(d, is_known(c[CODENAME]) ? c[CODENAME] : c[RELEASE]))
		return false;
	if (!is_known(c[ORIGIN]))
		return span_equal(c[COMPONENT], SPAN_LITERAL("main"));
	return c[ORIGIN].n == strlen(d->id) && strncasecmp(c[ORIGIN].p, d->id, c[ORIGIN].n) == 0;
}

static int add_once(struct strv *sources, const struct span c[COLUMNS])
{
	int r = strv_addf(sources, "deb %.*s %.*s %.*s", (int)c[URI].n, c[URI].p, (int)c[RELEASE].n,
		c[RELEASE].p, (int)c[COMPONENT].n, c[COMPONENT].p);
	if (r < 0)
		return r;

	for (size_t i = 0; i + 1 < sources->n; i++) {
		if (strcmp(sources->v[i], sources->v[sources->n - 1]) == 0) {
			free(sources->v[--sources->n]);
			sources->v[sources->n] = NULL;
			break;
		}
	}
	return 0;
}

int sources_parse(const struct distribution *d, struct span text, struct strv *sources)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		struct span c[COLUMNS] = { 0 };
		size_t n = 0;

		while (n < COLUMNS && span_cut(&line, ' ', &c[n]))
			n++;
		if (n < COLUMNS || !is_wanted(d, c))
			continue;
		int r = add_once(sources, c);
		if (r < 0)
			return r;
	}
	return 0;
}

int proxies_parse(struct span text, struct strv *proxies)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		struct span rest = line, key;

		if (!span_cut(&rest, ' ', &key) || !span_starts(key, SPAN_LITERAL("Acquire::")) ||
			!memmem(key.p, key.n, "::Proxy", 7) ||
			span_equal(rest, SPAN_LITERAL("\"\"")))
			continue;
		int r = strv_add_span(proxies, line);
		if (r < 0)
			return r;
	}
	return 0;
}
