/* SPDX-License-Identifier: MIT */
#include "add.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "oci/image.h"
#include "oci/platform.h"
#include "reference.h"
#include "scan.h"
#include "unpack/unpack.h"
#include "writer.h"

struct add {
	const char *store;
	struct reference reference;
	const struct fetch_options *options;
	const struct tool_watch *watch;
	struct fetch fetch;
	struct box *box;
	struct oci_image oci;
	struct image *image;
	struct image_writer *writer;
};

static void add_done(struct add *a)
{
	image_writer_close(a->writer);
	image_free(a->image);
	oci_image_done(&a->oci);
	box_close(a->box);
	fetch_done(&a->fetch);
	reference_done(&a->reference);
}

static void phase(const struct add *a, const char *what)
{
	if (a->watch && a->watch->phase)
		a->watch->phase(a->watch->ctx, what);
}

static int open_source(struct add *a, struct error *err)
{
	const struct reference *ref = &a->reference;
	const char *platform = a->options->platform;
	int r = 0;

	switch (ref->kind) {
	case REFERENCE_REGISTRY:
		phase(a, "fetching");
		r = fetch_image(a->store, ref->path, a->options, a->watch, &a->fetch, err);
		if (r == 0)
			r = box_open_dir(a->fetch.dir, &a->box, err);
		break;
	case REFERENCE_OCI:
		r = box_open_dir(ref->path, &a->box, err);
		break;
	case REFERENCE_OCI_ARCHIVE:
	case REFERENCE_DOCKER_ARCHIVE:
		r = box_open_archive(ref->path, &a->box, err);
		break;
	case REFERENCE_DIR:
		return 0;
	}
	if (r < 0)
		return r;
	return ref->kind == REFERENCE_DOCKER_ARCHIVE
		       ? oci_open_docker(a->box, ref->tag, platform, &a->oci, err)
		       : oci_open_layout(a->box, ref->tag, platform, &a->oci, err);
}

static int take_text(char **to, char **from)
{
	free(*to);
	*to = take_ptr(*from);
	return *to || (*to = strdup("")) ? 0 : -ENOMEM;
}

static void take_list(struct strv *to, struct strv *from)
{
	strv_done(to);
	*to = *from;
	*from = (struct strv){ 0 };
}

/* What a root directory of this host is good for. */
static int describe_dir(struct image *img, const char *platform)
{
	char host[80];

	free(img->platform);
	img->platform = strdup(platform ? platform : platform_host(host, sizeof host));
	if (!img->platform || strv_add(&img->cmd, "/bin/sh") < 0)
		return -ENOMEM;
	return 0;
}

/* What its config says of the image. */
static int describe(struct add *a, const char *name, struct error *err)
{
	struct oci_config *c = &a->oci.config;

	a->image = image_new(name);
	if (!a->image)
		return fail(err, -ENOMEM, "add image '%s'", name);
	a->image->created = time(NULL);
	if (a->reference.kind == REFERENCE_DIR)
		return describe_dir(a->image, a->options->platform) < 0
			       ? fail(err, -ENOMEM, "add image '%s'", name)
			       : 0;
	take_list(&a->image->env, &c->env);
	take_list(&a->image->entrypoint, &c->entrypoint);
	take_list(&a->image->cmd, &c->cmd);
	take_list(&a->image->labels, &c->labels);
	if (take_text(&a->image->platform, &c->platform) < 0 ||
		take_text(&a->image->user, &c->user) < 0 || take_text(&a->image->cwd, &c->cwd) < 0)
		return fail(err, -ENOMEM, "add image '%s'", name);
	return 0;
}

/* A stream that tells the watch how far it is. */
struct told {
	struct stream s;
	const struct tool_watch *watch;
	const _Atomic uint64_t *done;
	uint64_t total;
};

static int next_told(void *ctx, struct span *ret, struct error *err)
{
	struct told *t = ctx;

	if (t->watch && t->watch->bytes)
		t->watch->bytes(t->watch->ctx, atomic_load(t->done), t->total);
	return t->s.next(t->s.ctx, ret, err);
}

static int apply_layer(
	struct add *a, size_t i, _Atomic uint64_t *done, uint64_t total, struct error *err)
{
	const struct oci_layer *l = &a->oci.layers[i];
	cleanup(unpack_closep) struct unpack *u = NULL;
	const struct unpack_spec spec = {
		.fd = l->file.fd,
		.at = l->file.at,
		.n = l->file.n,
		.name = l->name,
		.digest = l->has_digest ? l->digest : NULL,
		.diff_id = a->oci.config.diff_ids[i],
		.done = done,
	};
	struct error why;

	int r = unpack_open(&spec, &u, err);
	if (r < 0)
		return r;
	struct told told = { unpack_stream(u), a->watch, done, total };
	r = layer_apply(image_writer_layers(a->writer),
		(struct stream){ .next = next_told, .ctx = &told }, &why);
	if (r >= 0)
		return r;
	return strstr(why.text, l->name) ? refuse(err, r, "%s", why.text)
					 : refuse(err, r, "layer %s: %s", l->name, why.text);
}

static int apply_layers(struct add *a, struct error *err)
{
	_Atomic uint64_t done = 0;
	uint64_t total = 0;

	for (size_t i = 0; i < a->oci.n; i++)
		total += a->oci.layers[i].file.n;
	for (size_t i = 0; i < a->oci.n; i++) {
		char what[64];

		snprintf(what, sizeof what, "layer %zu of %zu", i + 1, a->oci.n);
		phase(a, what);
		int r = apply_layer(a, i, &done, total, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_writer(struct add *a, struct error *err)
{
	int r = image_writer_open(a->store, false, &a->writer, err);

	if (r != -EWOULDBLOCK)
		return r;
	phase(a, "waiting for others who write into the store");
	return image_writer_open(a->store, true, &a->writer, err);
}

static int fill(struct add *a, struct error *err)
{
	if (a->reference.kind != REFERENCE_DIR)
		return apply_layers(a, err);
	phase(a, "reading");
	return scan_dir(image_writer_layers(a->writer), a->reference.path, err);
}

static void count(const struct add *a, struct image_add_stats *stats)
{
	const struct layers *l = image_writer_layers(a->writer);

	stats->entries = tree_entries(l->tree);
	stats->layers = a->oci.n;
	contents_count(l->contents, &stats->bytes, &stats->new_bytes);
}

static int add_as(struct add *a, const char *name, struct error *err)
{
	int r = image_check_name(name, err);
	if (r == 0 && a->options->platform && !platform_valid(a->options->platform))
		r = refuse(err, -EINVAL, "'%.80s' is no platform: linux/amd64, linux/arm64/v8",
			a->options->platform);
	if (r == 0)
		r = open_source(a, err);
	if (r == 0)
		r = describe(a, name, err);
	if (r == 0)
		r = open_writer(a, err);
	if (r == 0)
		r = fill(a, err);
	return r;
}

int image_add(const char *store, const char *reference, const char *name,
	const struct fetch_options *o, const struct tool_watch *watch, struct image **ret,
	struct image_add_stats *stats, struct error *err)
{
	cleanup(add_done) struct add a = {
		.store = store, .options = o, .watch = watch, .fetch = { .lock_fd = -1 }
	};

	int r = reference_parse(reference, &a.reference, err);
	if (r == 0)
		r = add_as(&a, name ? name : a.reference.name, err);
	if (r == 0 && stats)
		count(&a, stats);
	if (r == 0) {
		phase(&a, "writing");
		r = image_writer_commit(a.writer, a.image, err);
	}
	if (r < 0)
		return r;
	fetch_remove(&a.fetch);
	*ret = take_ptr(a.image);
	return 0;
}
