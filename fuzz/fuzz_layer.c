/* SPDX-License-Identifier: MIT */
/*
 * Two layers of a stranger, all the way: whatever tree they become, the metadata that is written of
 * it is what our own reader takes, with as many names. Contents go to a directory that is thrown
 * away.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "erofs/read.h"
#include "erofs/write.h"
#include "layer/layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int next(void *ctx, struct span *ret, struct error *err)
{
	struct span *left = ctx;

	(void)err;
	*ret = *left;
	*left = (struct span){ NULL, 0 };
	return ret->n > 0;
}

static char scratch[] = "/tmp/pe-fuzz-XXXXXX";

static void remove_scratch(void)
{
	char path[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", scratch, i ? "index" : "data");
		unlink(path);
	}
	rmdir(scratch);
}

static int open_scratch(void)
{
	static int fd = -1;

	if (fd < 0 && mkdtemp(scratch)) {
		atexit(remove_scratch);
		fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd;
}

static size_t count(const struct tree_inode *dir)
{
	size_t n = 1;

	for (const struct tree_entry *e = dir->children; e; e = e->next)
		n += S_ISDIR(e->inode->mode) ? count(e->inode) : 1;
	return n;
}

static int see(void *ctx, const struct erofs_name *name, struct error *err)
{
	size_t *n = ctx;

	(void)name;
	(void)err;
	(*n)++;
	return 0;
}

static void check(struct tree *t)
{
	struct erofs_metadata m;
	struct erofs_reader r;
	struct error err;
	size_t n = 0;

	if (erofs_write(t, &m, &err) < 0)
		return;
	if (erofs_open(&r, (struct span){ m.p, m.n }, &err) < 0 ||
		erofs_walk(&r, see, &n, &err) < 0 || n != count(tree_root(t)))
		abort();
	erofs_metadata_done(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int dir = open_scratch();
	cleanup(contents_closep) struct contents *contents = NULL;
	cleanup(tree_freep) struct tree *t = tree_new();
	struct error err;

	if (size < 2 || dir < 0 || contents_open(dir, "fuzz", &contents, &err) < 0)
		return 0;
	size_t cut = 2 + (size_t)(data[0] | data[1] << 8) * 512;
	cut = cut < size ? cut : size;
	struct span parts[] = { { (const char *)data + 2, cut - 2 },
		{ (const char *)data + cut, size - cut } };
	struct layers l = { .tree = t, .contents = contents };
	for (int i = 0; i < 2; i++)
		if (layer_apply(&l, (struct stream){ .next = next, .ctx = &parts[i] }, &err) < 0)
			return 0;
	check(t);
	return 0;
}
