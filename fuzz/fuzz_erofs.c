/* SPDX-License-Identifier: MIT */
/* Our reader of metadata on arbitrary bytes: all that it gives lies inside them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "erofs/format.h"
#include "erofs/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(const struct erofs_reader *r, struct span s)
{
	return s.n == 0 || (s.p >= r->all.p && s.p + s.n <= r->all.p + r->all.n);
}

static int see_xattr(void *ctx, struct span name, struct span value, struct error *err)
{
	(void)err;
	if (name.n == 0 || !is_inside(ctx, value))
		abort();
	return 0;
}

static int see(void *ctx, const struct erofs_name *name, struct error *err)
{
	const struct erofs_reader *r = ctx;
	struct error why;

	(void)err;
	if (!is_inside(r, name->node->head) || !is_inside(r, name->node->tail) ||
		(name->node->is_data && name->node->address_at + 4 > r->all.n))
		abort();
	erofs_xattrs(r, name->node, see_xattr, ctx, &why);
	return 0;
}

/* Most of a block of metadata is zeros: an input is pieces of "offset, length, bytes" over them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char image[4 * EROFS_BLOCK];
	struct erofs_reader r;
	struct error err;

	memset(image, 0, sizeof image);
	put32(image + EROFS_SUPER_AT, EROFS_MAGIC);
	image[EROFS_SUPER_AT + 12] = EROFS_BLOCK_BITS;
	put32(image + EROFS_SUPER_AT + 36, 4);
	put16(image + EROFS_SUPER_AT + 14, EROFS_BLOCK / EROFS_SLOT);
	put16(image + EROFS_SUPER_AT + 86, 1);
	while (size >= 4) {
		size_t at = (size_t)(data[0] | data[1] << 8) % sizeof image, n = data[2];

		data += 3;
		size -= 3;
		n = n < size ? n : size;
		n = n < sizeof image - at ? n : sizeof image - at;
		memcpy(image + at, data, n);
		data += n;
		size -= n;
	}
	if (erofs_open(&r, (struct span){ image, sizeof image }, &err) == 0)
		erofs_walk(&r, see, &r, &err);
	return 0;
}
