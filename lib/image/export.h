/* SPDX-License-Identifier: MIT */
/* An image for other tools: its root file system as a tar archive, or all of it as an OCI layout.
 */
#pragma once

#include "image.h"
#include "tool/tool.h"

/* Writes the root file system of @img, which is open, to @fd: names start with "./", the root is
 * the first. Sockets, which tar does not know, are left out. */
int export_tar(const struct image *img, int fd, const struct tool_watch *watch, struct error *err);

/*
 * Makes an OCI layout of @img in directory @path, which must not exist or be empty: one layer, not
 * compressed, and a config with everything that an OCI config can say.
 */
int export_layout(const struct image *img, const char *path, const struct tool_watch *watch,
	struct error *err);
