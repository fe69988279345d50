/* SPDX-License-Identifier: MIT */
/* What is left to do with the tree of an installed system. */
#pragma once

#include "base/strv.h"
#include "layer/layer.h"

/* Adds "name version" of every installed package, as dpkg's own list has them. */
int finish_packages(struct layers *l, struct strv *packages, struct error *err);

/* The same text as a pure function. -ENOMEM. */
int finish_read_status(struct span status_text, struct strv *packages);

/* Empties /dev, which every guest makes for itself, and cuts all times at that of the newest
 * package. */
int finish_tree(struct tree *t, struct error *err);
