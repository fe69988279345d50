/* SPDX-License-Identifier: MIT */
/* A root file system in the making: from a recipe to an erofs file. */
#pragma once

#include "base/error.h"
#include "base/strv.h"
#include "catalog/recipe.h"
#include "distribution.h"
#include "tool.h"

/* Part of what an image is made with: another number, and all images are built again. */
#define ROOTFS_BUILDER "1"

/*
 * Builds @r from packages of @d. *@ret_fd is the erofs file, already unlinked; "name version" of
 * every package in it is added to @packages. What the tools have to say goes to @log_fd. Needs the
 * network, and either root or subordinate user ids (subuid(5)). Blocks for a minute or so;
 * -ECANCELED when @watch stopped it. Whatever happens, nothing is left in the temporary directory.
 */
int rootfs_build(const struct recipe *r, const struct distribution *d,
	const struct rootfs_watch *watch, int log_fd, int *ret_fd, struct strv *packages,
	struct error *err);
