/* SPDX-License-Identifier: MIT */
/* SHA-256, and digests as images have them: "sha256:" and 64 hex digits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

enum {
	SHA256_BYTES = 32,
	SHA256_TEXT = 7 + 64 + 1, /* with the NUL */
};

struct sha256; /* one computation after the other */

struct sha256 *sha256_new(void); /* ready for a first computation; NULL on -ENOMEM */
void sha256_free(struct sha256 *h);
void sha256_freep(struct sha256 **h);

void sha256_add(struct sha256 *h, const void *p, size_t n);

/* The digest of all that was added; then the next computation begins. */
void sha256_end(struct sha256 *h, unsigned char ret[SHA256_BYTES]);

/* "sha256:HEX" into @text of SHA256_TEXT bytes; returns @text. */
char *sha256_format(const unsigned char digest[SHA256_BYTES], char *text);

/* False when @text is not exactly of that form. */
bool sha256_parse(struct span text, unsigned char ret[SHA256_BYTES]);
