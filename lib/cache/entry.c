/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "record.h"

struct whole {
	struct entry entry; /* first */
	atomic_uint owners;
	char bytes[];
};

static void name_contents(struct entry *e, const unsigned char sum[RECORD_SUM])
{
	char *to = e->etag;

	*to++ = '"';
	for (int i = 0; i < 16; i++, to += 2)
		snprintf(to, 3, "%02x", sum[i]);
	*to++ = '"';
	*to = '\0';
}

static struct whole *allocate(const char *key, size_t n)
{
	struct whole *w = malloc(sizeof *w + n);

	if (!w)
		return NULL;
	w->entry = (struct entry){ .record = { w->bytes, n } };
	atomic_init(&w->owners, 1);
	snprintf(w->entry.key, sizeof w->entry.key, "%s", key);
	return w;
}

static void fill(struct entry *e, const struct record *r)
{
	e->outcome = r->outcome;
	e->created_s = r->created_s;
	e->head = (struct span){ e->record.p + RECORD_HEAD, r->head.n };
	e->body = (struct span){ e->head.p + r->head.n, r->body.n };
	name_contents(e, r->sum);
}

struct entry *entry_new(const char *key, enum result_outcome outcome, int64_t created_s,
	struct span head, struct span body)
{
	struct record r = {
		.outcome = outcome, .created_s = created_s, .head = head, .body = body
	};

	if (head.n > RECORD_PART_MAX || body.n > RECORD_PART_MAX)
		return NULL;
	cleanup_free struct whole *w = allocate(key, RECORD_HEAD + head.n + body.n);
	if (!w || record_write(&r, w->bytes) < 0)
		return NULL;
	fill(&w->entry, &r);
	return &take_ptr(w)->entry;
}

int entry_read(const char *key, struct span record, struct entry **ret)
{
	struct record r;

	cleanup_free struct whole *w = allocate(key, record.n);
	if (!w)
		return -ENOMEM;
	if (record.n > 0)
		memcpy(w->bytes, record.p, record.n);
	int e = record_read((struct span){ w->bytes, record.n }, &r);
	if (e < 0)
		return e;
	fill(&w->entry, &r);
	*ret = &take_ptr(w)->entry;
	return 0;
}

struct entry *entry_ref(struct entry *e)
{
	atomic_fetch_add_explicit(&((struct whole *)e)->owners, 1, memory_order_relaxed);
	return e;
}

void entry_unref(struct entry *e)
{
	if (e && atomic_fetch_sub_explicit(&((struct whole *)e)->owners, 1, memory_order_acq_rel) ==
			 1)
		free(e);
}

void entry_unrefp(struct entry **e)
{
	entry_unref(*e);
}
