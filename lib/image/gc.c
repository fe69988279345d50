/* SPDX-License-Identifier: MIT */
/*
 * Whatever metadata file is there counts, whether a name refers to it or not: first those go away
 * that nobody needs, then the contents that none of the rest refers to. See place.h for who locks
 * what.
 */
#include "gc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "fetch.h"
#include "image.h"
#include "names.h"
#include "place.h"
#include "survey.h"

struct gc {
	const char *store;
	int dir_fd;
	struct strv digests; /* that names refer to */
	struct sweep_range *live;
	size_t n, room;
	struct image_gc_result result;
};

static void gc_done(struct gc *g)
{
	cleanup_closep(&g->dir_fd);
	strv_done(&g->digests);
	free(g->live);
}

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int read_digests(struct gc *g, struct error *err)
{
	cleanup_strv struct strv names = { 0 };

	int r = names_read(g->store, &names, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		cleanup(image_freep) struct image *img = NULL;

		r = image_read(g->store, names.v[i], &img, err);
		if (r == 0 && img->metadata_bytes && strv_add(&g->digests, img->digest) < 0)
			r = fail(err, -ENOMEM, "read image store '%s'", g->store);
	}
	return r;
}

static int keep(struct gc *g, const struct survey *s, struct error *err)
{
	if (g->n + s->n > g->room) {
		size_t room = 2 * (g->n + s->n);
		struct sweep_range *v = reallocarray(g->live, room, sizeof *v);
		if (!v)
			return fail(err, -ENOMEM, "read image store '%s'", g->store);
		g->live = v;
		g->room = room;
	}
	for (size_t i = 0; i < s->n; i++)
		g->live[g->n++] = (struct sweep_range){ s->refs[i].block, s->refs[i].bytes };
	return 0;
}

static bool is_named(const struct gc *g, const char *file)
{
	for (size_t i = 0; i < g->digests.n; i++)
		if (strcmp(place_metadata(g->digests.v[i]).path + strlen(PLACE_METADATA) + 1,
			    file) == 0)
			return true;
	return false;
}

/* Keeps what metadata file @file refers to, or removes it. */
static int visit(struct gc *g, int metadata_fd, const char *file, struct error *err)
{
	char path[4096];
	cleanup(survey_done) struct survey s = { 0 };
	snprintf(path, sizeof path, "%s/" PLACE_METADATA "/%s", g->store, file);

	cleanup_fd int fd = openat(metadata_fd, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", path);
	if (!is_named(g, file)) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			g->result.images++;
			return unlinkat(metadata_fd, file, 0) < 0
				       ? fail(err, -errno, "remove '%s'", path)
				       : 0;
		}
		g->result.in_use++;
	}
	int r = survey_read(&s, fd, path, err);
	return r < 0 ? r : keep(g, &s, err);
}

static int visit_all(struct gc *g, struct error *err)
{
	int fd = openat(g->dir_fd, PLACE_METADATA, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	int r = 0;

	if (!d)
		return errno == ENOENT
			       ? 0
			       : fail(err, -errno, "open '%s/" PLACE_METADATA "'", g->store);
	for (const struct dirent *e; r == 0 && (e = readdir(d));) {
		size_t n = strlen(e->d_name), tail = strlen(PLACE_ROOTFS);

		if (e->d_name[0] == '.') {
			/* A draft is a dead writer's: we hold the lock. */
			if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
				unlinkat(dirfd(d), e->d_name, 0);
		} else if (n > tail && strcmp(e->d_name + n - tail, PLACE_ROOTFS) == 0) {
			r = visit(g, dirfd(d), e->d_name, err);
		}
	}
	return r;
}

int image_gc(const char *store, struct image_gc_result *ret, struct error *err)
{
	cleanup(gc_done) struct gc g = { .store = store, .dir_fd = -1 };
	struct sweep_result swept = { 0 };

	cleanup_fd int lock = image_store_lock(store, true, err);
	if (lock < 0)
		return lock;
	g.dir_fd = place_open(store, err);
	int r = g.dir_fd < 0 ? g.dir_fd : read_digests(&g, err);
	if (r == 0)
		r = visit_all(&g, err);
	if (r == 0)
		r = contents_sweep(g.dir_fd, store, g.live, g.n, &swept, err);
	if (r < 0)
		return r;
	g.result.contents = swept.contents;
	g.result.freed = swept.freed + fetch_sweep(store);
	*ret = g.result;
	return 0;
}
