/* SPDX-License-Identifier: MIT */
#include "seal.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "erofs/format.h"

static uint32_t sum(const char *block)
{
	return (uint32_t)crc32(0, (const unsigned char *)block, EROFS_BLOCK);
}

int seal_add(struct erofs_metadata *m)
{
	size_t blocks = m->n / EROFS_BLOCK;
	size_t n = (4 * blocks + EROFS_BLOCK - 1) & ~(size_t)(EROFS_BLOCK - 1);
	char *p = realloc(m->p, m->n + n);
	if (!p)
		return -ENOMEM;

	memset(p + m->n, 0, n);
	for (size_t i = 0; i < blocks; i++)
		put32(p + m->n + 4 * i, sum(p + i * EROFS_BLOCK));
	m->p = p;
	m->n += n;
	return 0;
}

struct span seal_inside(struct span file)
{
	size_t blocks = file.n >= EROFS_BLOCK ? get32(file.p + EROFS_SUPER_AT + 36) : 0;

	if (blocks * EROFS_BLOCK <= file.n)
		file.n = blocks * EROFS_BLOCK;
	return file;
}

bool seal_is_broken(struct span file, size_t i)
{
	size_t inside = seal_inside(file).n;
	size_t at = inside + 4 * i;

	if ((i + 1) * EROFS_BLOCK > inside || at + 4 > file.n)
		return true;
	return get32(file.p + at) != sum(file.p + i * EROFS_BLOCK);
}
