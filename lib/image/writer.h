/* SPDX-License-Identifier: MIT */
/*
 * One image on its way into the store.
 *
 * image_writer_open() takes the store for writing; from then on nobody else writes. Layers or other
 * things go into image_writer_layers(); image_writer_commit() makes an image of them. Without it,
 * the store is as it was.
 */
#pragma once

#include "image.h"
#include "layer/layer.h"

struct image_writer;

/* -EWOULDBLOCK when somebody else writes and not @wait. */
int image_writer_open(const char *store, bool wait, struct image_writer **ret, struct error *err);

struct layers *image_writer_layers(struct image_writer *w);

/*
 * Gives the tree the name @img->name, which another image may have had, and @img a digest and
 * sizes. When it returns 0 the image is durable.
 */
int image_writer_commit(struct image_writer *w, struct image *img, struct error *err);

void image_writer_close(struct image_writer *w);
void image_writer_closep(struct image_writer **w);
