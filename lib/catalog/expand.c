/* SPDX-License-Identifier: MIT */
#include "expand.h"

#include <errno.h>

#include "base/buf.h"
#include "form.h"
#include "kind.h"

#define OPTION_MARK "{option."
#define NAME_CHARS  "abcdefghijklmnopqrstuvwxyz0123456789._-+"

struct expansion {
	const struct program *program;
	const struct expand_input *in;
	const char *file; /* that {file} means; NULL when there is none */
	struct error *err;
};

/* The ID in "{option.ID}"; empty when @word is no such placeholder. */
static struct span option_of(const char *word)
{
	size_t skip = sizeof OPTION_MARK - 1, n = strlen(word);

	if (strncmp(word, OPTION_MARK, skip) != 0 || word[n - 1] != '}')
		return (struct span){ 0 };
	return (struct span){ word + skip, n - skip - 1 };
}

static bool has_own_place(const struct program *p, const struct program_option *o)
{
	for (size_t i = 0; i < p->command.n; i++)
		if (span_equal(option_of(p->command.v[i]), span_of(o->id)))
			return true;
	return false;
}

static bool is_input(const struct expansion *e, const char *name)
{
	for (size_t i = 0; i < e->program->inputs.n; i++) {
		const struct kind *k = kind_find(e->in->kinds, e->program->inputs.v[i]);

		if (k && kind_matches(e->in->kinds, k, name))
			return true;
	}
	return false;
}

static const char *choose_file(const struct expansion *e)
{
	const struct strv *files = e->in->files;

	if (e->in->active < files->n && is_input(e, files->v[e->in->active]))
		return files->v[e->in->active];
	for (size_t i = 0; i < files->n; i++)
		if (is_input(e, files->v[i]))
			return files->v[i];
	return NULL;
}

static int add_option(const struct expansion *e, const struct program_option *o, struct strv *ret)
{
	cleanup_strv struct strv values = { 0 };

	int r = form_values(o, e->in->assignments, e->in->n_assignments, &values);
	if (r < 0)
		return fail(e->err, r, "option '%s'", o->id);
	return form_words(o, &values, ret, e->err);
}

static int add_options(const struct expansion *e, struct strv *ret)
{
	const struct program_options *all = &e->program->options;
	int r = 0;

	for (size_t i = 0; i < all->n && r == 0; i++)
		if (!has_own_place(e->program, &all->v[i]))
			r = add_option(e, &all->v[i], ret);
	return r;
}

static int add_files(const struct expansion *e, struct strv *ret)
{
	const struct strv *files = e->in->files;
	int r = 0;

	for (size_t i = 0; i < files->n && r == 0; i++)
		if (is_input(e, files->v[i]))
			r = strv_addf(ret, "%s%s", files->v[i][0] == '-' ? "./" : "", files->v[i]);
	return r < 0 ? fail(e->err, r, "name the files") : 0;
}

/* Without directories, without what the last dot begins; a dot in front begins nothing. */
static struct span stem_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *last = slash ? slash + 1 : name, *dot = strrchr(last, '.');

	return (struct span){ last, dot && dot > last ? (size_t)(dot - last) : strlen(last) };
}

/* The placeholder that @p begins with: its length, and what stands for it. */
static size_t placeholder(const struct expansion *e, const char *p, struct span *ret)
{
	static const char file[] = "{file}", stem[] = "{stem}";

	if (strncmp(p, file, sizeof file - 1) == 0) {
		*ret = e->file ? span_of(e->file) : (struct span){ 0 };
		return sizeof file - 1;
	}
	if (strncmp(p, stem, sizeof stem - 1) == 0) {
		*ret = e->file ? stem_of(e->file) : (struct span){ 0 };
		return sizeof stem - 1;
	}
	return 0;
}

static int refuse_no_file(const struct expansion *e)
{
	cleanup_buf struct buf kinds = { 0 };

	for (size_t i = 0; i < e->program->inputs.n; i++)
		if (buf_addf(&kinds, "%s%s", i ? ", " : "", e->program->inputs.v[i]) < 0)
			return fail(e->err, -ENOMEM, "name the kinds");
	return refuse(e->err, -ENOENT, "program '%s' needs a file of a kind that it reads (%.*s)",
		e->program->id, (int)kinds.n, kinds.p ? kinds.p : "");
}

static int add_word(const struct expansion *e, const char *word, struct strv *ret)
{
	cleanup_buf struct buf b = { 0 };
	int r = 0;

	for (const char *p = word; *p && r == 0;) {
		struct span value = { p, 1 };
		size_t n = placeholder(e, p, &value);

		if (n > 0 && !e->file)
			return refuse_no_file(e);
		if (n > 0 && b.n == 0 && value.n > 0 && *value.p == '-')
			r = buf_add(&b, "./", 2);
		if (r == 0)
			r = buf_add(&b, value.p, value.n);
		p += n > 0 ? n : 1;
	}
	if (r == 0)
		r = strv_add_span(ret, buf_span(&b));
	return r < 0 ? fail(e->err, r, "expand '%s'", word) : 0;
}

static int expand_word(const struct expansion *e, const char *word, struct strv *ret)
{
	const struct program_option *o = form_option(e->program, option_of(word));

	if (o)
		return add_option(e, o, ret);
	if (strcmp(word, "{options}") == 0)
		return add_options(e, ret);
	if (strcmp(word, "{files}") == 0)
		return add_files(e, ret);
	return add_word(e, word, ret);
}

int expand_command(
	const struct program *p, const struct expand_input *in, struct strv *ret, struct error *err)
{
	struct expansion e = { .program = p, .in = in, .err = err };
	int r = 0;

	for (size_t i = 0; i < in->n_assignments && r == 0; i++)
		r = form_check_assignment(p, in->assignments[i], err);
	e.file = choose_file(&e);
	for (size_t i = 0; i < p->command.n && r == 0; i++)
		r = expand_word(&e, p->command.v[i], ret);
	return r;
}

/* "{name}" at @p: its length, else 0. */
static size_t braced(const char *p)
{
	size_t n = strspn(p + 1, NAME_CHARS);

	return n > 0 && p[n + 1] == '}' ? n + 2 : 0;
}

static bool is_one_of(struct span s, const char *const *words)
{
	for (; *words; words++)
		if (span_equal(s, span_of(*words)))
			return true;
	return false;
}

const char *expand_complaint(const struct program *p, const char *word)
{
	static const char *const anywhere[] = { "{file}", "{stem}", NULL };
	static const char *const alone[] = { "{options}", "{files}", NULL };

	for (const char *c = word; (c = strchr(c, '{')); c++) {
		struct span s = { c, braced(c) };
		bool whole = c == word && s.n == strlen(word);
		bool known = is_one_of(s, anywhere), lone = is_one_of(s, alone);

		if (known && c > word && c[-1] == '$')
			return "a variable of the shell cannot have the name of a placeholder";
		if (!whole && (lone || span_starts(s, SPAN_LITERAL(OPTION_MARK))))
			return "this placeholder must be a word of its own";
		if (whole && option_of(word).n > 0 && !form_option(p, option_of(word)))
			return "no such option";
		if (whole && !known && !lone && option_of(word).n == 0)
			return "no such placeholder";
	}
	return NULL;
}
