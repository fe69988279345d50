/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "place.h"
#include "survey.h"

/* One content of one image. */
struct use {
	uint64_t block, bytes;
	size_t image;
};

struct uses {
	struct use *v;
	size_t n, room;
};

static void uses_done(struct uses *u)
{
	free(u->v);
}

static int add(struct uses *u, const struct survey *s, size_t image)
{
	if (u->n + s->n > u->room) {
		size_t room = 2 * (u->n + s->n);
		struct use *v = reallocarray(u->v, room, sizeof *v);
		if (!v)
			return -ENOMEM;
		u->v = v;
		u->room = room;
	}
	for (size_t i = 0; i < s->n; i++)
		u->v[u->n++] = (struct use){ s->refs[i].block, s->refs[i].bytes, image };
	return 0;
}

/* The first of @list that is the same image as the one at @i. */
static size_t first_of(struct image *const *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(list[k]->digest, list[i]->digest) == 0)
			return k;
	return i;
}

static int compare(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->block != y->block)
		return x->block < y->block ? -1 : 1;
	return (x->image > y->image) - (x->image < y->image);
}

/* Uses of one block stand together; those of one image, too. */
static void count(const struct uses *u, uint64_t *shared)
{
	for (size_t from = 0, i = 1; i <= u->n; i++) {
		if (i < u->n && u->v[i].block == u->v[from].block)
			continue;
		bool several = u->v[from].image != u->v[i - 1].image;
		for (size_t k = from; several && k < i; k++)
			if (k == from || u->v[k].image != u->v[k - 1].image)
				shared[u->v[k].image] += u->v[k].bytes;
		from = i;
	}
}

int image_shared(
	const char *store, struct image *const *list, size_t n, uint64_t **ret, struct error *err)
{
	cleanup(uses_done) struct uses uses = { 0 };
	cleanup_free uint64_t *shared = calloc(n + 1, sizeof *shared);

	if (!shared)
		return fail(err, -ENOMEM, "list image store '%s'", store);
	for (size_t i = 0; i < n; i++) {
		cleanup(image_freep) struct image *img = NULL;
		cleanup(survey_done) struct survey s = { 0 };

		if (list[i]->metadata_bytes == 0 || first_of(list, i) != i)
			continue;
		int r = image_open(store, list[i]->name, &img, err);
		if (r == 0)
			r = survey_read(&s, img->fd, place_metadata(img->digest).path, err);
		if (r == 0 && (r = add(&uses, &s, i)) < 0)
			fail(err, r, "list image store '%s'", store);
		if (r < 0)
			return r;
	}
	if (uses.n > 0)
		qsort(uses.v, uses.n, sizeof *uses.v, compare);
	count(&uses, shared);
	for (size_t i = 0; i < n; i++)
		shared[i] = shared[first_of(list, i)];
	*ret = take_ptr(shared);
	return 0;
}
