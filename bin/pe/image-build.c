/* SPDX-License-Identifier: MIT */
/* `pe image build`: recipes become images, once. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "catalog/catalog.h"
#include "image/image.h"
#include "oci/platform.h"
#include "pe.h"
#include "progress.h"
#include "rootfs/rootfs.h"
#include "sys/io.h"

enum {
	TAIL_LINES = 20,
	LOG_MAX = 16 << 20,
};

struct build_options {
	const char *store, *catalog;
	bool force, all;
};

static int set_store(void *ctx, const char *value)
{
	((struct build_options *)ctx)->store = value;
	return 0;
}

static int set_catalog(void *ctx, const char *value)
{
	((struct build_options *)ctx)->catalog = value;
	return 0;
}

static int set_force(void *ctx, const char *value)
{
	(void)value;
	((struct build_options *)ctx)->force = true;
	return 0;
}

static int set_all(void *ctx, const char *value)
{
	(void)value;
	((struct build_options *)ctx)->all = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 'a', "all", NULL, "build every recipe of the catalog", set_all },
	{ 'f', "force", NULL, "build also what is up to date", set_force },
	{ 0, "catalog", "DIR", "where recipes are kept (default: $PE_CATALOG)", set_catalog },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0 },
};

const struct command image_build_command = {
	.name = "image build",
	.synopsis = "image build [OPTION]... RECIPE...",
	.summary = "Builds images from recipes: names in the catalog, or paths of .yaml files.",
	.details = "The packages come from the archives that apt knows of, those of the release "
		   "that this\n"
		   "machine runs. An image that is there and was built from the same recipe is "
		   "left alone.\n"
		   "\n"
		   "Examples:\n"
		   "  pe image build gcc python3\n"
		   "  pe image build --force ./my-tools.yaml\n",
	.options = rows,
};

/* What holds for all images of one call. */
struct builder {
	const char *store;
	bool force;
	int cancel_fd;
	struct distribution distribution;
	char *made_with; /* what, besides the recipe, makes a difference to an image */
};

static void builder_done(struct builder *b)
{
	distribution_done(&b->distribution);
	free(b->made_with);
	cleanup_closep(&b->cancel_fd);
}

static int builder_init(struct builder *b, struct error *err)
{
	struct utsname machine;
	sigset_t stop;

	int r = distribution_read(&b->distribution, "/etc/os-release", err);
	if (r < 0)
		return r;
	if (uname(&machine) < 0 ||
		asprintf(&b->made_with, "%s %s %s %s", ROOTFS_BUILDER, b->distribution.id,
			b->distribution.codename, machine.machine) < 0)
		return fail(err, -ENOMEM, "prepare the build");

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	b->cancel_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return b->cancel_fd < 0 ? fail(err, -errno, "prepare the build") : 0;
}

static bool is_up_to_date(const struct builder *b, const char *name, const char *hash)
{
	cleanup(image_freep) struct image *img = NULL;
	char age[32];

	if (b->force || image_open(b->store, name, &img, NULL) < 0 ||
		strcmp(img->recipe, hash) != 0)
		return false;
	image_format_age(age, sizeof age, time(NULL) - img->created);
	fprintf(stderr, "%s: up to date, built %s%s\n", name, age,
		strcmp(age, "just now") == 0 ? "" : " ago");
	return true;
}

static int add_list(struct strv *to, const struct recipe_list *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (strv_add(to, from->v[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int set_text(char **text, const char *value)
{
	char *copy = strdup(value ? value : "");
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int describe(struct image *img, const struct recipe *r, const char *hash)
{
	if (set_text(&img->title, r->title) < 0 || set_text(&img->user, r->user) < 0 ||
		set_text(&img->cwd, r->cwd) < 0 || set_text(&img->recipe, hash) < 0)
		return -ENOMEM;
	char platform[80];
	if (set_text(&img->platform, platform_host(platform, sizeof platform)) < 0)
		return -ENOMEM;
	img->created = time(NULL);

	/* The recipe's own words come last and so win. */
	if (strv_set(&img->env,
		    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin") < 0 ||
		strv_set(&img->env, "LANG=C.UTF-8") < 0)
		return -ENOMEM;
	for (size_t i = 0; i < r->env.n; i++)
		if (strv_set(&img->env, r->env.v[i]) < 0)
			return -ENOMEM;
	return add_list(&img->cmd, &r->cmd);
}

/* Builds and puts into the store; *@log_fd holds what the tools said. */
static int build(const struct builder *b, const struct recipe *r, const char *hash, int log_fd,
	struct progress *progress, struct error *err)
{
	const struct tool_watch watch = {
		.phase = progress_phase,
		.tick = progress_tick,
		.ctx = progress,
		.cancel_fd = b->cancel_fd,
	};
	cleanup(image_freep) struct image *img = image_new(r->name);
	if (!img || describe(img, r, hash) < 0)
		return fail(err, -ENOMEM, "build image '%s'", r->name);

	int e = rootfs_build(r, &b->distribution, b->store, &watch, log_fd, img, err);
	if (e < 0)
		return e;

	char size[32];
	progress_end(progress, true);
	fprintf(stderr, "%s: built, %s, %.19s\n", r->name,
		format_size(size, sizeof size, img->bytes), img->digest);
	return 0;
}

static void show_tail(const char *path, int log_fd)
{
	cleanup_buf struct buf text = { 0 };
	size_t lines = 0, from;

	if (lseek(log_fd, 0, SEEK_SET) < 0 || io_read_all(log_fd, LOG_MAX, &text) < 0 ||
		text.n == 0)
		return;
	for (from = text.n - 1; from > 0; from--)
		if (text.p[from - 1] == '\n' && ++lines == TAIL_LINES)
			break;
	struct span rest = span_skip(buf_span(&text), from), line;
	while (span_cut(&rest, '\n', &line)) {
		const char *redrawn = memrchr(line.p, '\r', line.n);
		size_t skip = redrawn ? (size_t)(redrawn + 1 - line.p) : 0;
		fprintf(stderr, "  %.*s\n", (int)(line.n - skip), line.p + skip);
	}
	pe_say("the whole log is in '%s'", path);
}

static int open_log(const struct builder *b, const char *name, char **ret_path, struct error *err)
{
	if (asprintf(ret_path, "%s/%s.log", b->store, name) < 0) {
		*ret_path = NULL;
		return fail(err, -ENOMEM, "open the log");
	}
	int fd = open(*ret_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	return fd < 0 ? fail(err, -errno, "open log '%s'", *ret_path) : fd;
}

/* The lock of builds is held from here to the end: another build may just have made what we want.
 */
static int build_locked(const struct builder *b, const struct recipe *r, struct error *err)
{
	cleanup_free char *hash = recipe_hash(r, b->made_with);
	if (!hash)
		return fail(err, -ENOMEM, "build image '%s'", r->name);
	if (is_up_to_date(b, r->name, hash))
		return 0;

	cleanup_fd int lock = image_store_lock_builds(b->store, false, err);
	if (lock == -EWOULDBLOCK) {
		fprintf(stderr, "%s: waiting for another build\n", r->name);
		lock = image_store_lock_builds(b->store, true, err);
	}
	if (lock < 0)
		return lock;
	if (is_up_to_date(b, r->name, hash))
		return 0;

	cleanup_free char *log = NULL;
	cleanup_fd int log_fd = open_log(b, r->name, &log, err);
	if (log_fd < 0)
		return log_fd;

	struct progress progress;
	progress_init(&progress, r->name);
	int e = build(b, r, hash, log_fd, &progress, err);
	if (e < 0) {
		progress_end(&progress, false);
		if (e == -EIO)
			show_tail(log, log_fd);
	}
	return e;
}

static int build_one(const struct builder *b, const char *catalog, const char *what)
{
	cleanup(recipe_freep) struct recipe *r = NULL;
	struct error err;

	int e = catalog_open(catalog, what, &r, &err);
	if (e == 0 && r->packages.n == 0)
		e = refuse(&err, -ENOENT, "no packages: its image comes from elsewhere");
	else if (e == 0)
		e = build_locked(b, r, &err);
	if (e < 0)
		pe_say("image build: %s%s%s", r ? r->name : "", r ? ": " : "", err.text);
	return e;
}

/* The names of all files in the catalog that have packages, or cannot be read: that will be told.
 */
static int list_recipes(const char *catalog, struct strv *names, struct error *err)
{
	cleanup_strv struct strv all = { 0 };
	int e = catalog_list(catalog, &all, err);

	for (size_t i = 0; i < all.n && e == 0; i++) {
		cleanup(recipe_freep) struct recipe *r = NULL;

		if (catalog_open(catalog, all.v[i], &r, NULL) == 0 && r->packages.n == 0)
			continue;
		if ((e = strv_add(names, all.v[i])) < 0)
			fail(err, e, "list the recipes");
	}
	return e;
}

static int build_all(const struct builder *b, const char *catalog, const struct strv *names)
{
	int status = 0;

	for (size_t i = 0; i < names->n; i++) {
		int e = build_one(b, catalog, names->v[i]);

		if (e == -ECANCELED)
			return PE_EXIT_SIGNAL + SIGINT;
		if (e < 0)
			status = PE_EXIT_FAILURE;
	}
	return status;
}

int cmd_image_build(int argc, char **argv)
{
	struct build_options o = { 0 };
	int status = 0, first = options_read(&image_build_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (o.all ? first < argc : first == argc)
		return image_usage(&image_build_command,
			o.all ? "--all takes no recipes" : "needs a recipe, or --all");

	cleanup_free char *store = image_store_or_say(o.store);
	cleanup_free char *catalog = catalog_path(o.catalog);
	if (!store || !catalog)
		return PE_EXIT_FAILURE;

	cleanup(builder_done) struct builder b = {
		.store = store, .force = o.force, .cancel_fd = -1
	};
	cleanup_strv struct strv names = { 0 };
	struct error err;
	int e = builder_init(&b, &err);
	for (int i = first; i < argc && e == 0; i++)
		if ((e = strv_add(&names, argv[i])) < 0)
			fail(&err, e, "build");
	if (e == 0 && o.all)
		e = list_recipes(catalog, &names, &err);
	if (e < 0) {
		pe_say("image build: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	return build_all(&b, catalog, &names);
}
