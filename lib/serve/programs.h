/* SPDX-License-Identifier: MIT */
/*
 * GET /api/v1/catalog: kept as whole replies and made anew, by the clerk, when a file of the
 * catalog or an image has changed. As long as something is wrong with it, what there was stays.
 */
#pragma once

#include "base/error.h"

struct clerk;
struct http_request;
struct programs;
struct service;

/* Reads it for the first time. A catalog that is wrong is no error of this call: @err says what,
 * and it is tried again when something changes. @store and @dir (NULL: the usual one) are copied.
 * NULL without memory. */
struct programs *programs_new(const char *store, const char *dir, struct error *err);
void programs_free(struct programs *p); /* the clerk has ended */

void programs_show(struct service *s, struct http_request *r, const char *rest);
