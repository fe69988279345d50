/* SPDX-License-Identifier: MIT */
/* From a recipe to an image in the store. */
#pragma once

#include "catalog/recipe.h"
#include "distribution.h"
#include "image/image.h"
#include "tool/tool.h"

/* Part of what an image is made with: another number, and all images are built again. */
#define ROOTFS_BUILDER "2"

/*
 * Builds @r from packages of @d and puts it into @store as @img, whose description the caller made;
 * "name version" of every package in it is added to @img->packages. What the tools have to say goes
 * to
 * @log_fd. Needs the network, and either root or subordinate user ids (subuid(5)). Blocks for a
 * minute or so; -ECANCELED when @watch stopped it. Whatever happens, nothing is left in the
 * temporary directory.
 */
int rootfs_build(const struct recipe *r, const struct distribution *d, const char *store,
	const struct tool_watch *watch, int log_fd, struct image *img, struct error *err);
