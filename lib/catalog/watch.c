/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "image/image.h"

/* A view with what is ours of it. */
struct held_view {
	struct catalog_view shown; /* the first member: the two are one */
	atomic_uint refs;
};

struct catalog_watch {
	char *dir, *store;
	catalog_say_fn *say;
	void *ctx;
	struct buf seen;   /* what the files were like when they were last read */
	struct error told; /* the last complaint */
	uint64_t serial;
	pthread_mutex_t lock; /* of view */
	struct catalog_view *view;
};

static struct held_view *held(struct catalog_view *v)
{
	return (struct held_view *)v;
}

void catalog_view_unref(struct catalog_view *v)
{
	if (!v || atomic_fetch_sub(&held(v)->refs, 1) > 1)
		return;
	catalog_unref(v->catalog);
	image_list_free(v->images, v->n_images);
	free(v->json);
	free(held(v));
}

void catalog_view_unrefp(struct catalog_view **v)
{
	catalog_view_unref(*v);
}

static int list_images(
	const struct catalog_watch *w, struct image ***ret, size_t *ret_n, struct error *err)
{
	return w->store ? image_list(w->store, ret, ret_n, err) : 0;
}

static int note_file(struct buf *b, int dir_fd, const char *name)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, 0) < 0)
		return buf_addf(b, "%s gone\n", name);
	return buf_addf(b, "%s %" PRIu64 " %" PRIu64 " %" PRId64 ".%09ld\n", name,
		(uint64_t)st.st_ino, (uint64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
		st.st_mtim.tv_nsec);
}

/* The state of the catalog's files, as text that is another one when they are. */
static int note_files(const struct catalog_watch *w, struct buf *b)
{
	cleanup_strv struct strv names = { 0 };
	struct error err;
	cleanup_fd int dir_fd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir_fd < 0 || catalog_list(w->dir, &names, &err) < 0)
		return buf_addf(b, "no directory\n");
	int r = note_file(b, dir_fd, "kinds.yaml");
	for (size_t i = 0; i < names.n && r == 0; i++) {
		cleanup_strv struct strv file = { 0 };

		r = strv_addf(&file, "%s.yaml", names.v[i]);
		if (r == 0)
			r = note_file(b, dir_fd, file.v[0]);
	}
	return r;
}

static int note_images(struct buf *b, struct image *const *images, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = buf_addf(b, "%s %s\n", images[i]->name, images[i]->digest);
	return r;
}

/* Takes @images, also when it fails. */
static int make_view(struct catalog_watch *w, struct image **images, size_t n,
	struct catalog_view **ret, struct error *err)
{
	struct held_view *h = calloc(1, sizeof *h);
	if (!h) {
		image_list_free(images, n);
		return fail(err, -ENOMEM, "load catalog '%s'", w->dir);
	}
	cleanup(catalog_view_unrefp) struct catalog_view *v = &h->shown;
	atomic_init(&h->refs, 1);
	v->images = images;
	v->n_images = n;

	int r = catalog_load(w->dir, &v->catalog, err);
	if (r < 0)
		return r;
	catalog_add_images(v->catalog, images, n, w->say, w->ctx);
	json_t *o = catalog_json(v->catalog, images, n);
	v->json = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	if (!v->json)
		return fail(err, -ENOMEM, "load catalog '%s'", w->dir);
	v->json_n = strlen(v->json);
	v->serial = ++w->serial;
	*ret = take_ptr(v);
	return 0;
}

static void publish(struct catalog_watch *w, struct catalog_view *v)
{
	pthread_mutex_lock(&w->lock);
	struct catalog_view *old = w->view;
	w->view = v;
	pthread_mutex_unlock(&w->lock);
	catalog_view_unref(old);
}

/* 1 with a new view, 0 when nothing changed, negative with a complaint. */
static int update(struct catalog_watch *w, struct error *err)
{
	cleanup_buf struct buf now = { 0 };
	struct image **images = NULL;
	struct catalog_view *view = NULL;
	size_t n = 0;

	int r = list_images(w, &images, &n, err);
	if (r < 0)
		return r;
	if (note_files(w, &now) < 0 || note_images(&now, images, n) < 0 ||
		span_equal(buf_span(&now), buf_span(&w->seen))) {
		image_list_free(images, n);
		return 0;
	}
	buf_done(&w->seen);
	w->seen = now;
	now = (struct buf){ 0 };

	r = make_view(w, images, n, &view, err);
	if (r < 0)
		return r;
	publish(w, view);
	return 1;
}

bool catalog_watch_poll(struct catalog_watch *w)
{
	struct error err;
	int r = update(w, &err);

	if (r < 0 && w->say && strcmp(err.text, w->told.text) != 0)
		w->say(w->ctx, err.text);
	if (r < 0)
		w->told = err;
	else if (r > 0)
		w->told.text[0] = '\0';
	return r > 0;
}

int catalog_watch_new(const char *dir, const char *store, catalog_say_fn *say, void *ctx,
	struct catalog_watch **ret, struct error *err)
{
	cleanup(catalog_watch_freep) struct catalog_watch *w = calloc(1, sizeof *w);
	if (!w)
		return fail(err, -ENOMEM, "load catalog");
	*w = (struct catalog_watch){ .say = say, .ctx = ctx };
	pthread_mutex_init(&w->lock, NULL);
	w->dir = catalog_path(dir);
	w->store = store ? strdup(store) : NULL;
	if (!w->dir || (store && !w->store))
		return fail(err, -ENOMEM, "load catalog");

	int r = update(w, err);
	if (r < 0)
		return r;
	*ret = take_ptr(w);
	return 0;
}

struct catalog_view *catalog_watch_view(struct catalog_watch *w)
{
	pthread_mutex_lock(&w->lock);
	struct catalog_view *v = w->view;
	atomic_fetch_add(&held(v)->refs, 1);
	pthread_mutex_unlock(&w->lock);
	return v;
}

void catalog_watch_free(struct catalog_watch *w)
{
	if (!w)
		return;
	catalog_view_unref(w->view);
	pthread_mutex_destroy(&w->lock);
	buf_done(&w->seen);
	free(w->dir);
	free(w->store);
	free(w);
}

void catalog_watch_freep(struct catalog_watch **w)
{
	catalog_watch_free(*w);
}
