/* SPDX-License-Identifier: MIT */
/*
 * Arbitrary stored results. The checksum would stop almost all of them at the door, so every input
 * is tried as it is and with its checksum mended.
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cache/entry.h"
#include "cache/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *p, size_t n)
{
	cleanup(entry_unrefp) struct entry *e = NULL;
	cleanup(entry_unrefp) struct entry *again = NULL;

	if (entry_read("key", (struct span){ p, n }, &e) < 0)
		return;
	if (e->outcome >= RESULT_OUTCOMES || e->head.n + e->body.n != n - RECORD_HEAD)
		abort();
	again = entry_new("key", e->outcome, e->created_s, e->head, e->body);
	if (!again || !span_equal(again->record, e->record) || strcmp(again->etag, e->etag) != 0)
		abort();
}

static void mend(char *p, size_t n)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	EVP_DigestInit_ex(c, EVP_sha256(), NULL);
	EVP_DigestUpdate(c, p, 32);
	EVP_DigestUpdate(c, p + RECORD_HEAD, n - RECORD_HEAD);
	EVP_DigestFinal_ex(c, (unsigned char *)p + 32, NULL);
	EVP_MD_CTX_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *copy = calloc(1, size + 1);

	if (!copy)
		return 0;
	if (size > 0)
		memcpy(copy, data, size);
	check(copy, size);
	if (size < RECORD_HEAD)
		return 0;
	mend(copy, size);
	check(copy, size);
	return 0;
}
