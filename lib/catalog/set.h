/* SPDX-License-Identifier: MIT */
/*
 * A whole catalog in memory: documents, and over them one list of kinds and one of programs. Of
 * this directory only; to others it is opaque.
 */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "catalog.h"

/* Where an entry was read: a file of ours, or a label. */
struct source {
	char *path;
	struct buf text;
	struct recipe *recipe;   /* or */
	struct program_doc *doc; /* kinds.yaml, labels */
	bool label;
	char *image; /* of a label */
};

struct entry {
	struct catalog_entry shown;
	char *id; /* NULL: the program's own */
	size_t source, index;
	int64_t order;
};

struct catalog {
	atomic_uint refs;
	struct source **sources;
	size_t n_sources;
	struct entry *entries;
	size_t n_entries;
	struct kind_list kinds; /* shallow copies */
};

struct catalog *catalog_new(void); /* empty; NULL on -ENOMEM */

/* A source at @path, without content. NULL on -ENOMEM. */
struct source *source_new(const char *path, struct error *err);
void source_free(struct source *s);
void source_freep(struct source **s);

/* Adds what @take holds. Takes it, also when it fails; then @c is as it was. */
int catalog_add_source(struct catalog *c, struct source *take, struct error *err);

/* Puts the programs of files with a small "order" first; else they stay in the order of their
 * names. */
void catalog_sort(struct catalog *c);
