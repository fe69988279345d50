/* SPDX-License-Identifier: MIT */
/* The catalog as the page reads it. What there is not is null, so that the shape is always the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "form.h"
#include "image/image.h"

/* jansson takes NULL for an error all the way up: set_new() of a NULL fails, and so does what it is
 * put into. */
struct object {
	json_t *o;
	bool failed;
};

static void put(struct object *to, const char *key, json_t *value)
{
	if (json_object_set_new(to->o, key, value) < 0)
		to->failed = true;
}

static json_t *done(struct object *o)
{
	if (!o->failed)
		return o->o;
	json_decref(o->o);
	return NULL;
}

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *integer(const int64_t *n)
{
	return n ? json_integer(*n) : json_null();
}

static json_t *add(json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *texts(char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		list = add(list, json_string(v[i]));
	return list;
}

static json_t *list_of(const struct recipe_list *l)
{
	return texts(l->v, l->n);
}

static json_t *kind_json(const struct kind *k)
{
	struct object o = { .o = json_object() };

	put(&o, "id", text(k->id));
	put(&o, "title", text(k->title));
	put(&o, "extensions", list_of(&k->extensions));
	put(&o, "media", text(k->media));
	put(&o, "highlight", text(k->highlight));
	return done(&o);
}

/* The values of @o as its type asks for. */
static json_t *value_json(const struct program_option *o, const struct strv *values)
{
	const char *one = values->n > 0 ? values->v[0] : NULL;
	int64_t n;

	switch (o->type) {
	case OPTION_LIST:
		return texts(values->v, values->n);
	case OPTION_FLAG:
		return json_boolean(one && strcmp(one, "true") == 0);
	case OPTION_INTEGER:
		return one && form_integer(one, &n) == 0 ? json_integer(n) : json_null();
	case OPTION_CHOICE:
	case OPTION_TEXT:
	case OPTION_ARGUMENTS:
	case OPTION_TYPES:
		break;
	}
	return json_string(one ? one : "");
}

static json_t *preset_json(const struct program_option *o)
{
	cleanup_strv struct strv values = { 0 };

	return form_values(o, NULL, 0, &values) < 0 ? NULL : value_json(o, &values);
}

static json_t *choice_json(const struct program_option *o, const struct program_choice *c)
{
	cleanup_strv struct strv words = { 0 };
	struct object to = { .o = json_object() };

	put(&to, "value", text(c->value));
	put(&to, "title", text(c->title ? c->title : c->value));
	put(&to, "words", form_choice_words(o, c, &words) < 0 ? NULL : texts(words.v, words.n));
	return done(&to);
}

static json_t *choices_json(const struct program_option *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->choices.n; i++)
		list = add(list, choice_json(o, &o->choices.v[i]));
	return list;
}

static json_t *option_json(const struct program_option *o)
{
	struct object to = { .o = json_object() };

	put(&to, "id", text(o->id));
	put(&to, "title", text(o->title));
	put(&to, "help", text(o->help));
	put(&to, "type", text(option_type_word(o->type)));
	put(&to, "default", preset_json(o));
	put(&to, "choices", choices_json(o));
	put(&to, "words", list_of(&o->words));
	put(&to, "template", list_of(&o->templates));
	put(&to, "min", integer(o->min));
	put(&to, "max", integer(o->max));
	put(&to, "step", integer(o->step));
	return done(&to);
}

static json_t *options_json(const struct program *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->options.n; i++)
		list = add(list, option_json(&p->options.v[i]));
	return list;
}

static json_t *env_json(const struct recipe_list *env)
{
	struct object o = { .o = json_object() };

	for (size_t i = 0; i < env->n; i++) {
		size_t n = strcspn(env->v[i], "=");

		if (json_object_setn_new(o.o, env->v[i], n, json_string(env->v[i] + n + 1)) < 0)
			o.failed = true;
	}
	return done(&o);
}

static json_t *limits_json(const struct program_limits *l)
{
	struct program_numbers n;
	const char *field;

	if (!l || program_limits_read(l, &n, &field) < 0)
		return json_null();
	const struct {
		const char *key;
		uint64_t value;
	} rows[] = {
		{ "timeout_ms", n.timeout_ms },
		{ "memory_bytes", n.memory_bytes },
		{ "output_bytes", n.output_bytes },
		{ "scratch_bytes", n.scratch_bytes },
		{ "pids", n.pids },
	};
	struct object o = { .o = json_object() };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].value)
			put(&o, rows[i].key, json_integer((json_int_t)rows[i].value));
	return done(&o);
}

static json_t *live_json(const struct program_live *l)
{
	struct object o = { .o = l ? json_object() : json_null() };

	if (l)
		put(&o, "command", list_of(&l->command));
	return done(&o);
}

/* Base64 in one line: in YAML it may be folded. */
static json_t *base64_json(const char *s)
{
	cleanup_free char *one = strdup(s);
	char *to = one;

	for (const char *p = s; one && *p; p++)
		if (!strchr(" \t\r\n", *p))
			*to++ = *p;
	return one ? json_stringn(one, (size_t)(to - one)) : NULL;
}

static json_t *file_json(const struct program_example_file *f)
{
	struct object o = { .o = json_object() };

	put(&o, "name", text(f->name));
	if (f->text)
		put(&o, "text", text(f->text));
	else
		put(&o, "base64", base64_json(f->base64));
	return done(&o);
}

static bool is_assigned(const struct program_option *o, const struct recipe_list *assignments)
{
	size_t n = strlen(o->id);

	for (size_t i = 0; i < assignments->n; i++)
		if (strncmp(assignments->v[i], o->id, n) == 0 && assignments->v[i][n] == '=')
			return true;
	return false;
}

static json_t *values_json(const struct program *p, const struct recipe_list *assignments)
{
	struct object to = { .o = json_object() };

	for (size_t i = 0; i < p->options.n; i++) {
		const struct program_option *o = &p->options.v[i];
		cleanup_strv struct strv values = { 0 };

		if (!is_assigned(o, assignments))
			continue;
		int r = form_values(o, assignments->v, assignments->n, &values);
		put(&to, o->id, r < 0 ? NULL : value_json(o, &values));
	}
	return done(&to);
}

static json_t *example_json(const struct program *p, const struct program_example *e)
{
	struct object o = { .o = json_object() };
	json_t *files = json_array();

	for (size_t i = 0; i < e->files.n; i++)
		files = add(files, file_json(&e->files.v[i]));
	put(&o, "id", text(e->id));
	put(&o, "title", text(e->title));
	put(&o, "files", files);
	put(&o, "options", values_json(p, &e->options));
	put(&o, "stdin", json_string(e->input ? e->input : ""));
	return done(&o);
}

static json_t *examples_json(const struct program *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->examples.n; i++)
		list = add(list, example_json(p, &p->examples.v[i]));
	return list;
}

static const struct image *find_image(struct image *const *images, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(images[i]->name, name) == 0)
			return images[i];
	return NULL;
}

json_t *catalog_entry_json(const struct catalog_entry *e, struct image *const *images, size_t n)
{
	const struct program *p = e->program;
	const struct image *img = find_image(images, n, e->image);
	struct object o = { .o = json_object() };

	put(&o, "id", text(e->id));
	put(&o, "title", text(p->title));
	put(&o, "summary", text(p->summary));
	put(&o, "documentation", text(p->documentation));
	put(&o, "image", text(e->image));
	put(&o, "image_digest", text(img ? img->digest : NULL));
	put(&o, "available", json_boolean(img != NULL));
	put(&o, "inputs", list_of(&p->inputs));
	put(&o, "outputs", list_of(&p->outputs));
	put(&o, "command", list_of(&p->command));
	put(&o, "options", options_json(p));
	put(&o, "env", env_json(&p->env));
	put(&o, "stdin", json_boolean(p->input && *p->input));
	put(&o, "limits", limits_json(p->limits));
	put(&o, "auto", json_boolean(!p->by_itself || *p->by_itself));
	put(&o, "live", live_json(p->live));
	put(&o, "examples", examples_json(p));
	return done(&o);
}

json_t *catalog_json(const struct catalog *c, struct image *const *images, size_t n)
{
	const struct kind_list *kinds = catalog_kinds(c);
	struct object o = { .o = json_object() };
	json_t *all_kinds = json_array(), *programs = json_array();

	for (size_t i = 0; i < kinds->n; i++)
		all_kinds = add(all_kinds, kind_json(&kinds->v[i]));
	for (size_t i = 0; i < catalog_count(c); i++)
		programs = add(programs, catalog_entry_json(catalog_at(c, i), images, n));
	put(&o, "kinds", all_kinds);
	put(&o, "programs", programs);
	return done(&o);
}
