/* SPDX-License-Identifier: MIT */
/* How much of an image others have too. */
#pragma once

#include "image.h"

/*
 * For each of @list[0..n): bytes of its contents that another of them refers to as well. Two names
 * of one digest are one image. Caller frees *@ret.
 */
int image_shared(
	const char *store, struct image *const *list, size_t n, uint64_t **ret, struct error *err);
