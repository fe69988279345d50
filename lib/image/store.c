/* SPDX-License-Identifier: MIT */
/* Where the store is, and what it has; place.h has the theory. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image.h"
#include "names.h"
#include "place.h"

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

char *image_store_path(const char *override)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *path = NULL;
	int r = -1;

	if (!override)
		override = getenv("PE_IMAGES");
	if (override && *override)
		return strdup(override);
	if (cache && *cache == '/')
		r = asprintf(&path, "%s/program-explorer/images", cache);
	else if (home && *home == '/')
		r = asprintf(&path, "%s/.cache/program-explorer/images", home);
	return r < 0 ? NULL : path;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int names_read(const char *store, struct strv *names, struct error *err)
{
	cleanup(closedirp) DIR *d = opendir(store);
	if (!d)
		return errno == ENOENT ? 0 : fail(err, -errno, "open image store '%s'", store);

	for (const struct dirent *e; (e = readdir(d));) {
		size_t n = strlen(e->d_name), tail = strlen(PLACE_CONFIG);
		char name[IMAGE_NAME_MAX + 1];

		if (n <= tail || n - tail > IMAGE_NAME_MAX ||
			strcmp(e->d_name + n - tail, PLACE_CONFIG) != 0)
			continue;
		memcpy(name, e->d_name, n - tail);
		name[n - tail] = '\0';
		if (image_name_valid(name) && strv_add(names, name) < 0)
			return fail(err, -ENOMEM, "list image store '%s'", store);
	}
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, compare_names);
	return 0;
}

int image_list(const char *store, struct image ***ret, size_t *ret_n, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	int r = names_read(store, &names, err);
	if (r < 0)
		return r;

	struct image **list = calloc(names.n + 1, sizeof *list);
	if (!list)
		return fail(err, -ENOMEM, "list image store '%s'", store);

	for (size_t i = 0; i < names.n; i++) {
		r = image_open(store, names.v[i], &list[i], err);
		if (r < 0) {
			image_list_free(list, i);
			return r;
		}
		image_close_disks(list[i]);
	}
	*ret = list;
	*ret_n = names.n;
	return 0;
}
