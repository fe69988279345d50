/* SPDX-License-Identifier: MIT */
/* What a file of a tree has: its content, and its xattrs. */
#include <errno.h>

#include "base/buf.h"
#include "layer.h"

static int read_small(struct layers *l, struct tree_inode *file, uint64_t size,
	const struct layer_pieces *p, struct error *err)
{
	char *bytes = tree_alloc(l->tree, size + 1);
	struct span piece;
	uint64_t at;
	int r;

	if (!bytes)
		return fail(err, -ENOMEM, "read a file");
	while ((r = p->next(p->ctx, &piece, &at, err)) > 0)
		memcpy(bytes + at, piece.p, piece.n);
	file->bytes = bytes;
	l->small += size;
	return r;
}

static int read_large(struct layers *l, struct tree_inode *file, uint64_t size,
	const struct layer_pieces *p, struct error *err)
{
	struct tree_data *data = tree_alloc(l->tree, sizeof *data);
	struct span piece;
	uint64_t at;

	int r = data ? contents_begin(l->contents, size, err) : fail(err, -ENOMEM, "read a file");
	if (r < 0)
		return r;
	while ((r = p->next(p->ctx, &piece, &at, err)) > 0) {
		r = contents_piece(l->contents, at, piece, err);
		if (r < 0)
			return r;
	}
	file->data = data;
	return r < 0 ? r : contents_end(l->contents, data, err);
}

int layer_content(struct layers *l, struct tree_inode *file, uint64_t size,
	const struct layer_pieces *pieces, struct error *err)
{
	if (size > LAYER_BYTES_MAX || (l->bytes += size) > LAYER_BYTES_MAX)
		return refuse(
			err, -EFBIG, "the files of the image are larger than 128 GiB together");
	file->size = size;
	if (size == 0)
		return 0;
	if (size <= LAYER_SMALL && l->small + size <= LAYER_SMALL_SUM)
		return read_small(l, file, size, pieces, err);
	return read_large(l, file, size, pieces, err);
}

int layer_xattr(struct layers *l, struct tree_inode *i, struct span name, struct span value,
	struct error *err)
{
	l->xattrs += name.n + value.n;
	if (l->xattrs > LAYER_XATTRS_SUM)
		return refuse(
			err, -E2BIG, "the xattrs of the image are larger than 64 MiB together");
	return tree_xattr_set(l->tree, i, name, value) < 0 ? fail(err, -ENOMEM, "add an xattr") : 0;
}

int layer_read(struct layers *l, const struct tree_inode *file, size_t max, struct buf *b)
{
	char chunk[16 << 10];

	if (file->size > max)
		return -EFBIG;
	if (!file->data)
		return file->size ? buf_add(b, file->bytes, file->size) : 0;
	for (uint64_t at = 0; at < file->size;) {
		size_t n =
			file->size - at < sizeof chunk ? (size_t)(file->size - at) : sizeof chunk;
		ssize_t got = contents_read(l->contents, file->data, chunk, n, at);

		if (got <= 0)
			return got < 0 ? (int)got : -EIO;
		int r = buf_add(b, chunk, (size_t)got);
		if (r < 0)
			return r;
		at += (uint64_t)got;
	}
	return 0;
}
