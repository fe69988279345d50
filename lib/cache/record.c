/* SPDX-License-Identifier: MIT */
#include "record.h"

#include <endian.h>
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"

static const char magic[4] = "PER1";

struct record_head {
	char magic[sizeof magic];
	uint32_t outcome;
	uint64_t created, head, body;
	unsigned char sum[RECORD_SUM];
};

_Static_assert(sizeof(struct record_head) == RECORD_HEAD, "no padding");

static void free_md(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static int sum_of(struct span bytes, unsigned char sum[RECORD_SUM])
{
	cleanup(free_md) EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (!c || EVP_DigestInit_ex(c, EVP_sha256(), NULL) != 1 ||
		EVP_DigestUpdate(c, bytes.p, offsetof(struct record_head, sum)) != 1 ||
		EVP_DigestUpdate(c, bytes.p + RECORD_HEAD, bytes.n - RECORD_HEAD) != 1 ||
		EVP_DigestFinal_ex(c, sum, NULL) != 1)
		return -ENOMEM;
	return 0;
}

static void put(char *to, struct span s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
}

int record_write(struct record *r, char *to)
{
	struct record_head h = {
		.outcome = htole32(r->outcome),
		.created = htole64((uint64_t)r->created_s),
		.head = htole64(r->head.n),
		.body = htole64(r->body.n),
	};

	if (r->head.n > RECORD_PART_MAX || r->body.n > RECORD_PART_MAX)
		return -EFBIG;
	memcpy(h.magic, magic, sizeof magic);
	memcpy(to, &h, sizeof h);
	put(to + RECORD_HEAD, r->head);
	put(to + RECORD_HEAD + r->head.n, r->body);

	int e = sum_of((struct span){ to, RECORD_HEAD + r->head.n + r->body.n }, r->sum);
	if (e == 0)
		memcpy(to + offsetof(struct record_head, sum), r->sum, RECORD_SUM);
	return e;
}

int record_read(struct span bytes, struct record *ret)
{
	unsigned char sum[RECORD_SUM];
	struct record_head h;

	if (bytes.n < RECORD_HEAD)
		return -EBADMSG;
	memcpy(&h, bytes.p, sizeof h);
	uint64_t head = le64toh(h.head), body = le64toh(h.body);
	if (memcmp(h.magic, magic, sizeof magic) != 0 || le32toh(h.outcome) >= RESULT_OUTCOMES ||
		head > RECORD_PART_MAX || body > RECORD_PART_MAX ||
		head + body != bytes.n - RECORD_HEAD)
		return -EBADMSG;

	int e = sum_of(bytes, sum);
	if (e < 0)
		return e;
	if (memcmp(sum, h.sum, sizeof sum) != 0)
		return -EBADMSG;
	*ret = (struct record){
		.outcome = le32toh(h.outcome),
		.created_s = (int64_t)le64toh(h.created),
		.head = { bytes.p + RECORD_HEAD, head },
		.body = { bytes.p + RECORD_HEAD + head, body },
	};
	memcpy(ret->sum, sum, sizeof sum);
	return 0;
}
