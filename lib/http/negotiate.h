/* SPDX-License-Identifier: MIT */
/* What a client would like best (RFC 9110, section 12). */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* How much @accept, a list of types with qualities, wants @type: 0 (not at all) to 1000. NULL: all
 * types alike, 1000. The most specific entry decides. */
int negotiate_type(const char *accept, const char *type);

/* The same for an encoding; NULL: only "identity" is wanted. */
int negotiate_encoding(const char *accept, const char *encoding);

/* Whether list @header, "a, b", has the entity tag @etag, weakly compared, or is "*". */
bool negotiate_has_etag(const char *header, const char *etag);

/* The media type of a Content-Type, without its parameters and white space. */
struct span media_type(const char *content_type);

/* Parameter @name of a header like `form-data; name="x"`, unquoted into @to (@n bytes with NUL).
 * False when it is not there, too long or malformed. */
bool header_parameter(struct span header, const char *name, char *to, size_t n);
