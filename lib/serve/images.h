/* SPDX-License-Identifier: MIT */
/* The images that the service has open: looked up by name or digest for each job, so kept for a
 * moment. */
#pragma once

#include "base/error.h"

struct image;
struct images;

/* An open image that several runs use; stays open until the last one is done with it. */
struct held_image {
	struct image *image;
	unsigned references; /* atomic */
};

struct images *images_new(const char *store); /* copies @store; NULL on -ENOMEM */
void images_free(struct images *s);

/* The image called @name with one more reference. As image_open(): -ENOENT names near ones. One
 * thread at a time. */
int images_get(struct images *s, const char *name, struct held_image **ret, struct error *err);

struct held_image *held_image_ref(struct held_image *h);
void held_image_unref(struct held_image *h); /* from any thread */
