/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "image/image.h"

enum { KEPT_MAX = 64, FRESH_MS = 1000 };

struct kept {
	char *name;
	struct held_image *held;
	uint64_t looked_ms; /* when the store was last asked */
};

struct images {
	char *store;
	struct kept kept[KEPT_MAX];
	size_t n;
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

struct images *images_new(const char *store)
{
	struct images *s = calloc(1, sizeof *s);

	if (s && !(s->store = strdup(store))) {
		free(s);
		return NULL;
	}
	return s;
}

static void kept_done(struct kept *k)
{
	free(k->name);
	held_image_unref(k->held);
	*k = (struct kept){ 0 };
}

void images_free(struct images *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		kept_done(&s->kept[i]);
	free(s->store);
	free(s);
}

struct held_image *held_image_ref(struct held_image *h)
{
	__atomic_add_fetch(&h->references, 1, __ATOMIC_RELAXED);
	return h;
}

void held_image_unref(struct held_image *h)
{
	if (!h || __atomic_sub_fetch(&h->references, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	image_free(h->image);
	free(h);
}

static int open_image(
	struct images *s, const char *name, struct held_image **ret, struct error *err)
{
	struct image *img = NULL;

	int r = image_open(s->store, name, &img, err);
	if (r < 0)
		return r;
	struct held_image *h = malloc(sizeof *h);
	if (!h) {
		image_free(img);
		return fail(err, -ENOMEM, "open image '%s'", name);
	}
	*h = (struct held_image){ img, 1 };
	*ret = h;
	return 0;
}

static struct kept *find(struct images *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->kept[i].name, name) == 0)
			return &s->kept[i];
	return NULL;
}

static void forget(struct images *s, struct kept *k)
{
	kept_done(k);
	*k = s->kept[--s->n];
}

/* In place of the one that was not asked for longest, when there is no room. */
static void keep(struct images *s, const char *name, struct held_image *h)
{
	char *copy = strdup(name);

	if (!copy)
		return;
	if (s->n == KEPT_MAX) {
		struct kept *oldest = &s->kept[0];
		for (size_t i = 1; i < s->n; i++)
			if (s->kept[i].looked_ms < oldest->looked_ms)
				oldest = &s->kept[i];
		forget(s, oldest);
	}
	s->kept[s->n++] = (struct kept){ copy, held_image_ref(h), now_ms() };
}

int images_get(struct images *s, const char *name, struct held_image **ret, struct error *err)
{
	struct kept *k = find(s, name);
	struct held_image *h = NULL;

	if (k && now_ms() < k->looked_ms + FRESH_MS) {
		*ret = held_image_ref(k->held);
		return 0;
	}
	int r = open_image(s, name, &h, err);
	if (k)
		forget(s, k);
	if (r < 0)
		return r;
	keep(s, name, h);
	*ret = h;
	return 0;
}
