/* SPDX-License-Identifier: MIT */
#include "sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/parse.h"

/* The algorithm is looked up once: that takes longer than the digest of a small file. */
struct sha256 {
	EVP_MD *md;
	EVP_MD_CTX *ctx;
};

static void begin(struct sha256 *h)
{
	if (!EVP_DigestInit_ex2(h->ctx, h->md, NULL))
		abort();
}

struct sha256 *sha256_new(void)
{
	cleanup(sha256_freep) struct sha256 *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
	h->ctx = EVP_MD_CTX_new();
	if (!h->md || !h->ctx)
		return NULL;
	begin(h);
	return take_ptr(h);
}

void sha256_free(struct sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	EVP_MD_free(h->md);
	free(h);
}

void sha256_freep(struct sha256 **h)
{
	sha256_free(*h);
}

void sha256_add(struct sha256 *h, const void *p, size_t n)
{
	if (n > 0 && !EVP_DigestUpdate(h->ctx, p, n))
		abort();
}

void sha256_end(struct sha256 *h, unsigned char ret[SHA256_BYTES])
{
	if (!EVP_DigestFinal_ex(h->ctx, ret, NULL))
		abort();
	begin(h);
}

char *sha256_format(const unsigned char digest[SHA256_BYTES], char *text)
{
	static const char hex[] = "0123456789abcdef";
	char *p = text;

	memcpy(p, "sha256:", 7);
	p += 7;
	for (int i = 0; i < SHA256_BYTES; i++) {
		*p++ = hex[digest[i] >> 4];
		*p++ = hex[digest[i] & 15];
	}
	*p = '\0';
	return text;
}

bool sha256_parse(struct span text, unsigned char ret[SHA256_BYTES])
{
	uint64_t byte;

	if (text.n != SHA256_TEXT - 1 || memcmp(text.p, "sha256:", 7) != 0)
		return false;
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		struct span two = { text.p + 7 + 2 * i, 2 };

		if (parse_hex(two, &byte) < 0 || (two.p[0] >= 'A' && two.p[0] <= 'F') ||
			(two.p[1] >= 'A' && two.p[1] <= 'F'))
			return false;
		ret[i] = (unsigned char)byte;
	}
	return true;
}
