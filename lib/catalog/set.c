/* SPDX-License-Identifier: MIT */
#include "set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "kind.h"
#include "place.h"

void source_free(struct source *s)
{
	if (!s)
		return;
	recipe_free(s->recipe);
	program_doc_free(s->doc);
	buf_done(&s->text);
	free(s->path);
	free(s->image);
	free(s);
}

void source_freep(struct source **s)
{
	source_free(*s);
}

struct source *source_new(const char *path, struct error *err)
{
	cleanup(source_freep) struct source *s = calloc(1, sizeof *s);

	if (s)
		s->path = strdup(path);
	if (!s || !s->path) {
		fail(err, -ENOMEM, "read '%s'", path);
		return NULL;
	}
	return take_ptr(s);
}

struct catalog *catalog_new(void)
{
	struct catalog *c = calloc(1, sizeof *c);

	if (c)
		atomic_init(&c->refs, 1);
	return c;
}

struct catalog *catalog_ref(struct catalog *c)
{
	atomic_fetch_add(&c->refs, 1);
	return c;
}

void catalog_unref(struct catalog *c)
{
	if (!c || atomic_fetch_sub(&c->refs, 1) > 1)
		return;
	for (size_t i = 0; i < c->n_entries; i++)
		free(c->entries[i].id);
	for (size_t i = 0; i < c->n_sources; i++)
		source_free(c->sources[i]);
	free(c->entries);
	free(c->sources);
	free(c->kinds.v);
	free(c);
}

void catalog_unrefp(struct catalog **c)
{
	catalog_unref(*c);
}

/* Makes room for @more entries of @size at the end of *@v, which has @n. */
static int grow(void *v, size_t n, size_t more, size_t size)
{
	void *p = reallocarray(*(void **)v, n + more + 1, size);

	if (!p)
		return -ENOMEM;
	*(void **)v = p;
	return 0;
}

/* So that nothing can fail halfway, room is made for all of it before. */
static int make_room(struct catalog *c, size_t kinds, size_t programs)
{
	int r = grow(&c->sources, c->n_sources, 1, sizeof *c->sources);

	if (r == 0)
		r = grow(&c->entries, c->n_entries, programs, sizeof *c->entries);
	if (r == 0)
		r = grow(&c->kinds.v, c->kinds.n, kinds, sizeof *c->kinds.v);
	return r;
}

static int refuse_kind(const struct source *s, size_t i, const char *id, struct error *err)
{
	const struct place at = { s->path, buf_span(&s->text) };
	const struct field f = { NULL, "kinds", i }, field = { &f, "id", FIELD_WHOLE };

	return field_refuse(&at, &field, err, "'%s' is there already", id);
}

static int add_kinds(
	struct catalog *c, const struct source *s, const struct kind_list *kinds, struct error *err)
{
	for (size_t i = 0; i < kinds->n; i++) {
		bool known = kind_find(&c->kinds, kinds->v[i].id) != NULL;

		if (known && !s->label)
			return refuse_kind(s, i, kinds->v[i].id, err);
		if (!known)
			c->kinds.v[c->kinds.n++] = kinds->v[i];
	}
	return 0;
}

static const struct catalog_entry *find_entry(const struct catalog *c, const char *id)
{
	for (size_t i = 0; i < c->n_entries; i++)
		if (strcmp(c->entries[i].shown.id, id) == 0)
			return &c->entries[i].shown;
	return NULL;
}

static int add_program(struct catalog *c, const struct source *s, const struct program *p,
	size_t index, struct error *err)
{
	const struct place at = { s->path, buf_span(&s->text) };
	const struct field f = { NULL, "programs", index }, field = { &f, "id", FIELD_WHOLE };
	const char *image = s->recipe ? s->recipe->name : s->image;
	char *scoped = NULL;

	if (s->label && asprintf(&scoped, "%s/%s", s->image, p->id) < 0)
		return fail(err, -ENOMEM, "add program '%s'", p->id);
	struct entry e = {
		.shown = { scoped ? scoped : p->id, p->image ? p->image : image, p },
		.id = scoped,
		.source = c->n_sources,
		.index = index,
		.order = s->recipe && s->recipe->order ? *s->recipe->order : INT64_MAX,
	};
	if (find_entry(c, e.shown.id)) {
		free(scoped);
		return field_refuse(&at, &field, err, "another program has the id '%s'", p->id);
	}
	c->entries[c->n_entries++] = e;
	return 0;
}

static int check_kinds_of(const struct catalog *c, const struct entry *e, const char *key,
	const struct recipe_list *kinds, struct error *err)
{
	const struct source *s = c->sources[e->source];
	const struct place at = { s->path, buf_span(&s->text) };
	const struct field program = { NULL, "programs", e->index };

	for (size_t i = 0; i < kinds->n; i++) {
		const struct field f = { &program, key, i };

		if (!kind_find(&c->kinds, kinds->v[i]))
			return field_refuse(&at, &f, err, "no kind '%s'", kinds->v[i]);
	}
	return 0;
}

static int check_entries(const struct catalog *c, size_t from, struct error *err)
{
	int r = 0;

	for (size_t i = from; i < c->n_entries && r == 0; i++) {
		const struct entry *e = &c->entries[i];

		r = check_kinds_of(c, e, "inputs", &e->shown.program->inputs, err);
		if (r == 0)
			r = check_kinds_of(c, e, "outputs", &e->shown.program->outputs, err);
	}
	return r;
}

int catalog_add_source(struct catalog *c, struct source *take, struct error *err)
{
	cleanup(source_freep) struct source *s = take;
	const struct kind_list *kinds = s->recipe ? &s->recipe->kinds : &s->doc->kinds;
	const struct program_list *programs = s->recipe ? &s->recipe->programs : &s->doc->programs;
	size_t n_kinds = c->kinds.n, n_entries = c->n_entries;

	int r = make_room(c, kinds->n, programs->n);
	if (r < 0)
		return fail(err, r, "read '%s'", s->path);
	c->sources[c->n_sources] = s;
	r = add_kinds(c, s, kinds, err);
	for (size_t i = 0; i < programs->n && r == 0; i++)
		r = add_program(c, s, &programs->v[i], i, err);
	/* Files may speak of kinds that come later, and are checked at the end. */
	if (r == 0 && s->label)
		r = check_entries(c, n_entries, err);
	if (r < 0) {
		while (c->n_entries > n_entries)
			free(c->entries[--c->n_entries].id);
		c->kinds.n = n_kinds;
		return r;
	}
	c->n_sources++;
	take_ptr(s);
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

void catalog_sort(struct catalog *c)
{
	if (c->n_entries > 0)
		qsort(c->entries, c->n_entries, sizeof *c->entries, compare_entries);
}

int catalog_check(const struct catalog *c, struct error *err)
{
	return check_entries(c, 0, err);
}

size_t catalog_count(const struct catalog *c)
{
	return c->n_entries;
}

const struct catalog_entry *catalog_at(const struct catalog *c, size_t i)
{
	return &c->entries[i].shown;
}

int catalog_find(const struct catalog *c, const char *id, const struct catalog_entry **ret,
	struct error *err)
{
	cleanup_strv struct strv known = { 0 };
	char near[NEAR_TEXT_MAX];

	const struct catalog_entry *found = find_entry(c, id);
	if (found) {
		*ret = found;
		return 0;
	}
	for (size_t i = 0; i < c->n_entries; i++)
		if (strv_add(&known, c->entries[i].shown.id) < 0)
			return fail(err, -ENOMEM, "look for program '%.80s'", id);
	if (near_text(id, &known, near, sizeof near) == 0)
		return refuse(err, -ENOENT, "no program '%.80s' in the catalog", id);
	return refuse(err, -ENOENT, "no program '%.80s' in the catalog; near names: %s", id, near);
}

const struct kind_list *catalog_kinds(const struct catalog *c)
{
	return &c->kinds;
}
