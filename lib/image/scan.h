/* SPDX-License-Identifier: MIT */
/* A directory of this host becomes a tree: everything below it, on its file system, as it is. */
#pragma once

#include "layer/layer.h"

/* Names in the tree are as in the directory. What cannot be read is an error that names it. */
int scan_dir(struct layers *l, const char *path, struct error *err);
