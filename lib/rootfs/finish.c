/* SPDX-License-Identifier: MIT */
#include "finish.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "tree/path.h"

enum {
	STATUS_MAX = 64 << 20,
};

/* The value of "KEY: value" when @line is of that key. */
static bool read_field(struct span line, struct span key, struct span *ret)
{
	if (!span_starts(line, key))
		return false;
	*ret = span_skip(line, key.n);
	return true;
}

int finish_read_status(struct span status_text, struct strv *packages)
{
	struct span rest = status_text, line, name = { 0 }, version = { 0 }, status = { 0 };

	/* A paragraph for each package, an empty line behind it. */
	while (rest.n > 0) {
		span_cut(&rest, '\n', &line);
		read_field(line, SPAN_LITERAL("Package: "), &name);
		read_field(line, SPAN_LITERAL("Version: "), &version);
		read_field(line, SPAN_LITERAL("Status: "), &status);
		if (line.n > 0 && rest.n > 0)
			continue;
		if (name.n > 0 && span_equal(status, SPAN_LITERAL("install ok installed")) &&
			strv_addf(packages, "%.*s %.*s", (int)name.n, name.p, (int)version.n,
				version.p) < 0)
			return -ENOMEM;
		name = version = status = (struct span){ 0 };
	}
	return 0;
}

int finish_packages(struct layers *l, struct strv *packages, struct error *err)
{
	static const char path[] = "var/lib/dpkg/status";
	const struct tree_entry *e = tree_look(l->tree, path);
	cleanup_buf struct buf text = { 0 };

	if (!e || !S_ISREG(e->inode->mode))
		return refuse(err, -ENOENT, "the new system has no '/%s'", path);
	int r = layer_read(l, e->inode, STATUS_MAX, &text);
	if (r == 0)
		r = finish_read_status(buf_span(&text), packages);
	return r < 0 ? fail(err, r, "list the packages") : 0;
}

static bool is_list(const struct tree_entry *e)
{
	static const struct span tail = SPAN_LITERAL(".md5sums");

	return e->name_n > tail.n && memcmp(e->name + e->name_n - tail.n, tail.p, tail.n) == 0;
}

/* dpkg keeps the times of the lists that came in the packages. */
static int64_t find_newest(const struct tree_inode *info)
{
	int64_t newest = 0;

	for (const struct tree_entry *e = info->children; e; e = e->next)
		if (is_list(e) && e->inode->mtime > newest)
			newest = e->inode->mtime;
	return newest;
}

static void cut_times(struct tree_inode *i, int64_t newest)
{
	/* Fractions come from those who wrote in the making, who are cut anyway. */
	if (i->mtime >= newest) {
		i->mtime = newest;
		i->mtime_ns = 0;
	}
	/* Depth is bounded by the tree. */
	for (struct tree_entry *e = i->children; e; e = e->next)
		cut_times(e->inode, newest);
}

int finish_tree(struct tree *t, struct error *err)
{
	const struct tree_entry *info = tree_look(t, "var/lib/dpkg/info");
	const struct tree_entry *dev = tree_look(t, "dev");

	if (!info || !S_ISDIR(info->inode->mode))
		return refuse(err, -ENOENT, "the new system has no '/var/lib/dpkg/info'");
	if (dev && S_ISDIR(dev->inode->mode))
		while (dev->inode->children)
			tree_remove(t, dev->inode->children);
	cut_times(tree_root(t), find_newest(info->inode));
	return 0;
}
