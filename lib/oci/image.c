/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "platform.h"

enum {
	NESTING_MAX = 4, /* indexes in indexes */
};

struct opening {
	struct box *box;
	const char *tag, *platform;
	bool asked; /* for a platform, rather than taking the machine's */
	struct oci_image *image;
	struct error *err;
};

static int bad(const struct opening *o, int r, const char *what, const struct error *why)
{
	return refuse(o->err, r, "'%s': %s: %s", box_path(o->box), what, why->text);
}

/* Reads a document and looks whether it is the one that @digest (NULL: any) promises. */
static int read_document(
	struct opening *o, const char *name, const unsigned char *digest, struct buf *ret)
{
	unsigned char is[SHA256_BYTES];
	char text[SHA256_TEXT];

	int r = box_read(o->box, name, OCI_DOCUMENT_MAX, ret, o->err);
	if (r < 0 || !digest)
		return r;
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	if (!h)
		return fail(o->err, -ENOMEM, "read '%s'", name);
	sha256_add(h, ret->p, ret->n);
	sha256_end(h, is);
	if (memcmp(is, digest, sizeof is) == 0)
		return 0;
	return refuse(o->err, -EBADMSG, "'%s/%s' is damaged: its digest is %s", box_path(o->box),
		name, sha256_format(is, text));
}

static char *blob_name(const unsigned char *digest, char name[128])
{
	char text[SHA256_TEXT];

	snprintf(name, 128, "blobs/sha256/%s", sha256_format(digest, text) + 7);
	return name;
}

static int read_blob(struct opening *o, const struct oci_descriptor *d, struct buf *ret)
{
	char name[128];

	return read_document(o, blob_name(d->digest, name), d->digest, ret);
}

static int check_platform(const struct opening *o, const char *is)
{
	if (!*is || platform_match(is, o->platform) > 0)
		return 0;
	return refuse(o->err, -ENOENT, "'%s' is for %s, not for %s%s%s", box_path(o->box), is,
		o->platform, o->asked ? "" : "; to have it all the same: --platform ",
		o->asked ? "" : is);
}

static int read_config(struct opening *o, struct span text)
{
	struct error why;

	int r = oci_config_parse(text, &o->image->config, &why);
	return r < 0 ? bad(o, r, "its config cannot be read", &why)
		     : check_platform(o, o->image->config.platform);
}

static int check_layer_count(const struct opening *o, size_t n)
{
	if (o->image->config.n_diff_ids == n)
		return 0;
	return refuse(o->err, -EINVAL, "'%s': %zu layers, but its config tells of %zu",
		box_path(o->box), n, o->image->config.n_diff_ids);
}

static int add_layer(
	struct opening *o, const char *path, const char *name, const unsigned char *digest)
{
	struct oci_layer l = { 0 };

	int r = box_find(o->box, path, &l.file, o->err);
	if (r < 0)
		return r;
	if (digest) {
		l.has_digest = true;
		memcpy(l.digest, digest, sizeof l.digest);
	}
	l.name = strdup(name);
	o->image->layers[o->image->n++] = l;
	return l.name ? 0 : fail(o->err, -ENOMEM, "open layer %s", name);
}

static int open_blob_layer(struct opening *o, const struct oci_descriptor *d)
{
	char path[128], name[SHA256_TEXT];

	sha256_format(d->digest, name);
	if (strstr(d->media_type, "+encrypted"))
		return refuse(
			o->err, -EINVAL, "'%s': layer %s is encrypted", box_path(o->box), name);
	int r = add_layer(o, blob_name(d->digest, path), name, d->digest);
	if (r < 0)
		return r;
	uint64_t n = o->image->layers[o->image->n - 1].file.n;
	if (n == d->bytes)
		return 0;
	return refuse(o->err, -EBADMSG, "layer %s is damaged: %llu bytes, not %llu", name,
		(unsigned long long)n, (unsigned long long)d->bytes);
}

static int open_manifest(struct opening *o, struct span text)
{
	cleanup(oci_list_done) struct oci_list l = { 0 };
	cleanup_buf struct buf config = { 0 };
	struct error why;

	int r = oci_manifest_parse(text, &l, &why);
	if (r < 0)
		return bad(o, r, "its manifest cannot be read", &why);
	/* Attestations and charts are manifests too. */
	if (*l.v[0].media_type && !strstr(l.v[0].media_type, "image.config") &&
		!strstr(l.v[0].media_type, "container.image"))
		return refuse(o->err, -EINVAL,
			"'%s' is no image, but has a config of type '%.100s'", box_path(o->box),
			l.v[0].media_type);
	r = read_blob(o, &l.v[0], &config);
	if (r == 0)
		r = read_config(o, buf_span(&config));
	if (r == 0)
		r = check_layer_count(o, l.n - 1);
	if (r < 0)
		return r;
	o->image->layers = calloc(l.n, sizeof *o->image->layers);
	if (!o->image->layers)
		return fail(o->err, -ENOMEM, "open '%s'", box_path(o->box));
	for (size_t i = 1; r == 0 && i < l.n; i++)
		r = open_blob_layer(o, &l.v[i]);
	return r;
}

/* The manifest that suits best; the first of equals. */
static const struct oci_descriptor *choose(const struct opening *o, const struct oci_list *l)
{
	const struct oci_descriptor *best = NULL;
	int best_match = 0;

	if (l->n == 1)
		return l->v;
	for (size_t i = 0; i < l->n; i++) {
		int match = *l->v[i].platform ? platform_match(l->v[i].platform, o->platform) : 1;

		if (match > best_match) {
			best = &l->v[i];
			best_match = match;
		}
	}
	return best;
}

static int refuse_choice(const struct opening *o, const struct oci_list *l)
{
	char list[300] = "";

	for (size_t i = 0, n = 0; l->v && i < l->n && n + 40 < sizeof list; i++)
		n += (size_t)snprintf(
			list + n, sizeof list - n, "%s%.36s", n ? ", " : "", l->v[i].platform);
	return refuse(o->err, -ENOENT, "'%s' has nothing for %s; it has: %s", box_path(o->box),
		o->platform, list);
}

static int open_index(struct opening *o, struct span text, int nesting);

static int open_chosen(struct opening *o, const struct oci_descriptor *d, int nesting)
{
	cleanup_buf struct buf text = { 0 };

	int r = read_blob(o, d, &text);
	if (r < 0)
		return r;
	return oci_is_index(buf_span(&text)) ? open_index(o, buf_span(&text), nesting + 1)
					     : open_manifest(o, buf_span(&text));
}

static int open_index(struct opening *o, struct span text, int nesting)
{
	cleanup(oci_list_done) struct oci_list l = { 0 };
	struct error why;

	if (nesting > NESTING_MAX)
		return refuse(o->err, -EINVAL, "'%s': indexes in indexes", box_path(o->box));
	int r = oci_index_parse(text, &l, &why);
	if (r < 0)
		return bad(o, r, "its index cannot be read", &why);
	const struct oci_descriptor *d = choose(o, &l);
	return d ? open_chosen(o, d, nesting) : refuse_choice(o, &l);
}

/* Of index.json the entries that have the tag; all without one. */
static void keep_tagged(struct oci_list *l, const char *tag)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct oci_descriptor d = l->v[i];

		if (strcmp(d.ref, tag) == 0) {
			l->v[i] = l->v[kept];
			l->v[kept++] = d;
		}
	}
	while (l->n > kept) {
		struct oci_descriptor *d = &l->v[--l->n];

		free(d->media_type);
		free(d->platform);
		free(d->ref);
	}
}

static bool has_several_names(const struct oci_list *l)
{
	for (size_t i = 1; i < l->n; i++)
		if (strcmp(l->v[i].ref, l->v[i - 1].ref) != 0)
			return true;
	return false;
}

static int open_layout(struct opening *o)
{
	cleanup_buf struct buf text = { 0 };
	cleanup(oci_list_done) struct oci_list l = { 0 };
	struct error why;

	int r = read_document(o, "index.json", NULL, &text);
	if (r < 0)
		return r;
	r = oci_index_parse(buf_span(&text), &l, &why);
	if (r < 0)
		return bad(o, r, "its index.json cannot be read", &why);
	if (o->tag)
		keep_tagged(&l, o->tag);
	if (l.n == 0)
		return refuse(o->err, -ENOENT, "'%s' has no image%s%s", box_path(o->box),
			o->tag ? " named " : "", o->tag ? o->tag : "");
	if (!o->tag && has_several_names(&l))
		return refuse(o->err, -EINVAL,
			"'%s' has several images: say which, ':NAME' behind it (one is '%.100s')",
			box_path(o->box), l.v[0].ref);
	const struct oci_descriptor *d = choose(o, &l);
	return d ? open_chosen(o, d, 0) : refuse_choice(o, &l);
}

/* HEX.json or blobs/sha256/HEX: the name of a config tells its digest. */
static bool digest_of_name(const char *path, unsigned char digest[SHA256_BYTES])
{
	const char *slash = strrchr(path, '/');
	char text[SHA256_TEXT];

	snprintf(text, sizeof text, "sha256:%.64s", slash ? slash + 1 : path);
	return sha256_parse(span_of(text), digest);
}

static int open_docker(struct opening *o)
{
	cleanup_buf struct buf text = { 0 }, config = { 0 };
	cleanup_strv struct strv paths = { 0 };
	unsigned char digest[SHA256_BYTES];
	struct error why;

	int r = read_document(o, "manifest.json", NULL, &text);
	if (r < 0)
		return r;
	r = oci_docker_parse(buf_span(&text), o->tag, &paths, &why);
	if (r < 0)
		return bad(o, r, "its images cannot be told", &why);
	r = read_document(
		o, paths.v[0], digest_of_name(paths.v[0], digest) ? digest : NULL, &config);
	if (r == 0)
		r = read_config(o, buf_span(&config));
	if (r == 0)
		r = check_layer_count(o, paths.n - 1);
	if (r < 0)
		return r;
	o->image->layers = calloc(paths.n, sizeof *o->image->layers);
	if (!o->image->layers)
		return fail(o->err, -ENOMEM, "open '%s'", box_path(o->box));
	for (size_t i = 1; r == 0 && i < paths.n; i++)
		r = add_layer(o, paths.v[i], paths.v[i], NULL);
	return r;
}

static int open_with(int (*open)(struct opening *o), struct box *b, const char *tag,
	const char *platform, struct oci_image *ret, struct error *err)
{
	cleanup(oci_image_done) struct oci_image image = { 0 };
	char host[80];
	struct opening o = { b, tag, platform ? platform : platform_host(host, sizeof host),
		platform != NULL, &image, err };

	int r = open(&o);
	if (r < 0)
		return r;
	*ret = image;
	image = (struct oci_image){ 0 };
	return 0;
}

int oci_open_layout(struct box *b, const char *tag, const char *platform, struct oci_image *ret,
	struct error *err)
{
	return open_with(open_layout, b, tag, platform, ret, err);
}

int oci_open_docker(struct box *b, const char *tag, const char *platform, struct oci_image *ret,
	struct error *err)
{
	return open_with(open_docker, b, tag, platform, ret, err);
}

void oci_image_done(struct oci_image *i)
{
	oci_config_done(&i->config);
	for (size_t k = 0; k < i->n; k++) {
		close(i->layers[k].file.fd);
		free(i->layers[k].name);
	}
	free(i->layers);
	*i = (struct oci_image){ 0 };
}
