/* SPDX-License-Identifier: MIT */
/* Where the catalog is, and what files are in it. */
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/near.h"
#include "image/image.h"

#define SUFFIX    ".yaml"
#define KINDS     "kinds" SUFFIX
#define INSTALLED "/usr/share/program-explorer/catalog"

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* What a person may call a recipe: by the name of its file. */
static bool is_yaml(const char *name)
{
	size_t n = strlen(name), tail = strlen(SUFFIX);

	return n > tail && strcmp(name + n - tail, SUFFIX) == 0;
}

/* "/x/build/pe" lies beside "/x/catalog", "/x/bin/pe" beside "/x/share/...". NULL when there is no
 * such directory. */
static char *beside_program(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	if (n < 0)
		return NULL;
	exe[n] = '\0';

	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(exe, '/');
		if (!slash)
			return NULL;
		*slash = '\0';
	}
	static const char *const places[] = { "catalog", "share/program-explorer/catalog" };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/%s", exe, places[i]) < 0)
			path = NULL;
		if (path && access(path, R_OK | X_OK) == 0)
			return take_ptr(path);
	}
	return NULL;
}

char *catalog_path(const char *override)
{
	const char *env = getenv("PE_CATALOG");

	if (override)
		return strdup(override);
	if (env && *env)
		return strdup(env);
	char *beside = beside_program();
	return beside ? beside : strdup(INSTALLED);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int catalog_list(const char *dir, struct strv *names, struct error *err)
{
	cleanup(closedirp) DIR *d = opendir(dir);
	if (!d)
		return fail(err, -errno, "open catalog '%s'", dir);

	for (const struct dirent *e; (e = readdir(d));) {
		struct span name = span_of(e->d_name);

		if (!is_yaml(e->d_name) || e->d_name[0] == '.' || strcmp(e->d_name, KINDS) == 0)
			continue;
		name.n -= strlen(SUFFIX);
		if (strv_add_span(names, name) < 0)
			return fail(err, -ENOMEM, "list catalog '%s'", dir);
	}
	if (names->n > 0)
		qsort(names->v, names->n, sizeof *names->v, compare_names);
	return 0;
}

static int refuse_unknown(const char *dir, const char *name, struct error *err)
{
	cleanup_strv struct strv names = { 0 };
	int r = catalog_list(dir, &names, err);
	if (r < 0)
		return r;

	char near[NEAR_TEXT_MAX];
	if (near_text(name, &names, near, sizeof near) == 0)
		return refuse(err, -ENOENT, "no recipe '%s' in catalog '%s'", name, dir);
	return refuse(
		err, -ENOENT, "no recipe '%s' in catalog '%s'; near names: %s", name, dir, near);
}

int catalog_find_file(const char *dir, const char *what, char **ret_path, struct error *err)
{
	bool is_path = strchr(what, '/') || is_yaml(what);
	if (!is_path && !image_name_valid(what))
		return refuse(err, -EINVAL,
			"'%.80s' is no recipe name: lower-case letters, digits, . _ -", what);

	cleanup_free char *path = NULL;
	if (asprintf(&path, is_path ? "%.0s%s" : "%s/%s" SUFFIX, dir, what) < 0)
		return fail(err, -ENOMEM, "look for recipe '%s'", what);
	if (!is_path && access(path, F_OK) < 0 && errno == ENOENT)
		return refuse_unknown(dir, what, err);

	*ret_path = take_ptr(path);
	return 0;
}

int catalog_open(const char *dir, const char *what, struct recipe **ret, struct error *err)
{
	cleanup(recipe_freep) struct recipe *recipe = NULL;
	cleanup_free char *path = NULL;

	int r = catalog_find_file(dir, what, &path, err);
	if (r == 0)
		r = recipe_load(path, &recipe, err);
	if (r < 0)
		return r;
	if (strcmp(path, what) != 0 && strcmp(recipe->name, what) != 0)
		return refuse(err, -EINVAL, "%s:1: the recipe is named '%s', its file is not", path,
			recipe->name);

	*ret = take_ptr(recipe);
	return 0;
}
