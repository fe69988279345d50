/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "export-tar.h"
#include "hash/sha256.h"
#include "oci/platform.h"
#include "sys/io.h"

#define MEDIA "application/vnd.oci.image."

static void json_freep(json_t **j)
{
	json_decref(*j);
}

#define cleanup_json cleanup(json_freep)

/* A blob on its way: hashed as it is written, named when its digest is known. */
struct blob {
	int dir_fd, fd;
	struct sha256 *hash;
	uint64_t n;
	char digest[SHA256_TEXT];
};

static int blob_write(void *ctx, const void *p, size_t n)
{
	struct blob *b = ctx;

	sha256_add(b->hash, p, n);
	b->n += n;
	return io_write(b->fd, p, n);
}

static int blob_open(struct blob *b)
{
	b->n = 0;
	b->fd = openat(
		b->dir_fd, "blobs/sha256/new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return b->fd < 0 ? -errno : 0;
}

static int blob_finish(struct blob *b)
{
	unsigned char digest[SHA256_BYTES];
	char path[128];

	sha256_end(b->hash, digest);
	sha256_format(digest, b->digest);
	snprintf(path, sizeof path, "blobs/sha256/%s", b->digest + 7);
	close(b->fd);
	b->fd = -1;
	return renameat(b->dir_fd, "blobs/sha256/new", b->dir_fd, path) < 0 ? -errno : 0;
}

static int blob_json(struct blob *b, const json_t *j)
{
	cleanup_free char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);

	int r = text ? blob_open(b) : -ENOMEM;
	if (r == 0)
		r = blob_write(b, text, strlen(text));
	return r < 0 ? r : blob_finish(b);
}

static int write_json(int dir_fd, const char *name, const json_t *j)
{
	cleanup_free char *text = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	cleanup_fd int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		return -errno;
	return text ? io_write(fd, text, strlen(text)) : -ENOMEM;
}

static json_t *strings(const struct strv *l)
{
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a, json_string(l->v[i]));
	return a;
}

static json_t *pairs(const struct strv *l)
{
	json_t *o = json_object();

	for (size_t i = 0; i < l->n; i++) {
		const char *equals = strchr(l->v[i], '=');
		cleanup_free char *key =
			equals ? strndup(l->v[i], (size_t)(equals - l->v[i])) : NULL;

		if (key)
			json_object_set_new(o, key, json_string(equals + 1));
	}
	return o;
}

/* Part @i of "os/architecture/variant"; "" when there is none. */
static void platform_part(const char *platform, int i, char part[40])
{
	struct span rest = span_of(platform), s = { "", 0 };

	for (; i >= 0; i--)
		if (!span_cut(&rest, '/', &s))
			s = (struct span){ "", 0 };
	snprintf(part, 40, "%.*s", (int)s.n, s.p);
}

static json_t *make_config(const struct image *img, const char *diff_id)
{
	char host[80], os[40], arch[40], variant[40], created[40];
	const char *platform = *img->platform ? img->platform : platform_host(host, sizeof host);
	time_t t = (time_t)img->created;
	struct tm tm;

	platform_part(platform, 0, os);
	platform_part(platform, 1, arch);
	platform_part(platform, 2, variant);
	strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
	json_t *top = json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:o, s:o, s:o, s:o}, s:{s:s, s:[s]}}",
		"created", created, "os", os, "architecture", arch, "config", "User", img->user,
		"WorkingDir", img->cwd, "Env", strings(&img->env), "Entrypoint",
		strings(&img->entrypoint), "Cmd", strings(&img->cmd), "Labels", pairs(&img->labels),
		"rootfs", "type", "layers", "diff_ids", diff_id);
	if (top && *variant)
		json_object_set_new(top, "variant", json_string(variant));
	return top;
}

static json_t *descriptor(const char *type, const struct blob *b)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", type, "digest", b->digest, "size",
		(json_int_t)b->n);
}

static int make_dirs(const char *path, int *ret_fd)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return -errno;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	if (mkdirat(fd, "blobs", 0755) < 0 || mkdirat(fd, "blobs/sha256", 0755) < 0)
		return -errno;
	return 0;
}

/* The documents around the layer that @b has just written. */
static int write_documents(const struct image *img, struct blob *b)
{
	cleanup_json json_t *layer = descriptor(MEDIA "layer.v1.tar", b);
	cleanup_json json_t *config = make_config(img, b->digest);
	cleanup_json json_t *layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");

	int r = config ? blob_json(b, config) : -EILSEQ;
	if (r < 0)
		return r;
	cleanup_json json_t *manifest = json_pack("{s:i, s:s, s:o, s:[O]}", "schemaVersion", 2,
		"mediaType", MEDIA "manifest.v1+json", "config",
		descriptor(MEDIA "config.v1+json", b), "layers", layer);
	r = manifest ? blob_json(b, manifest) : -ENOMEM;
	if (r < 0)
		return r;
	cleanup_json json_t *index = json_pack("{s:i, s:[o]}", "schemaVersion", 2, "manifests",
		json_pack("{s:s, s:s, s:I, s:{s:s}}", "mediaType", MEDIA "manifest.v1+json",
			"digest", b->digest, "size", (json_int_t)b->n, "annotations",
			"org.opencontainers.image.ref.name", img->name));
	r = index ? write_json(b->dir_fd, "index.json", index) : -ENOMEM;
	return r < 0 ? r : write_json(b->dir_fd, "oci-layout", layout);
}

int export_layout(const struct image *img, const char *path, const struct tool_watch *watch,
	struct error *err)
{
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	struct blob b = { .dir_fd = -1, .fd = -1, .hash = h };
	const struct tar_writer w = { blob_write, &b };

	int r = h ? make_dirs(path, &b.dir_fd) : -ENOMEM;
	cleanup_fd int dir_fd = b.dir_fd;
	if (r == -EEXIST)
		return refuse(err, r, "'%s' is no empty directory", path);
	if (r == 0)
		r = blob_open(&b);
	if (r < 0)
		return fail(err, r, "make an OCI layout in '%s'", path);
	r = export_to(img, &w, watch, err);
	if (r < 0) {
		close(b.fd);
		return r;
	}
	r = blob_finish(&b);
	if (r == 0)
		r = write_documents(img, &b);
	cleanup_closep(&b.fd);
	(void)dir_fd;
	return r < 0 ? fail(err, r, "make an OCI layout in '%s'", path) : 0;
}
