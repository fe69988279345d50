/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * mmdebstrap makes a root directory and, at its end, one tar archive of it, which we read while it
 * is written: what a layer of an image is, it is too. Owners must come out right, so it runs as
 * root: the real one, or, for an ordinary user, root of a user namespace over subordinate ids,
 * which it enters by itself. The real root gets a mount namespace of its own where that is allowed:
 * whatever is mounted is gone with it. The directory is mmdebstrap's, which removes it, also when
 * it is stopped.
 *
 * The store is taken when the first byte of the archive comes: nobody waits for us while packages
 * are fetched and installed. All times are cut at that of the newest package, so that the same
 * packages give the same bytes, and so that what compares times of files (Python's caches) finds
 * them in order.
 */
#include "rootfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "finish.h"
#include "image/writer.h"
#include "notes.h"
#include "tool/pipe.h"

#define HOOKS "/usr/share/mmdebstrap/hooks/maybe-merged-usr"

struct build {
	const struct recipe *recipe;
	const struct distribution *distribution;
	const struct tool_watch *watch;
	struct tool_run tool;
	struct strv as_root; /* the words before a command that is to run as the builder's root */
	struct strv sources, proxies;
	char *notes;
};

/* Not for reading on a screen, not in a language that the image's locale could show. */
static const char *const left_out[] = {
	"path-exclude=/usr/share/doc/*",
	"path-include=/usr/share/doc/*/copyright",
	"path-exclude=/usr/share/man/*",
	"path-exclude=/usr/share/info/*",
	"path-exclude=/usr/share/lintian/*",
	"path-exclude=/usr/share/locale/*",
	"path-include=/usr/share/locale/locale.alias",
};

static void phase(const struct build *b, const char *what)
{
	if (b->watch && b->watch->phase)
		b->watch->phase(b->watch->ctx, what);
}

static void build_done(struct build *b)
{
	if (b->notes)
		notes_remove(b->notes);
	strv_done(&b->as_root);
	strv_done(&b->sources);
	strv_done(&b->proxies);
	free(b->notes);
}

static int check_tools(struct error *err)
{
	static const char *const tools[] = { "mmdebstrap", "apt-get" };

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		int r = tool_check(tools[i], err);
		if (r < 0)
			return r;
	}
	return geteuid() == 0 ? 0 : tool_check("newuidmap", err);
}

static int choose_root(struct build *b, struct error *err)
{
	static const char *const probe[] = { "unshare", "--mount", "true" };
	cleanup_strv struct strv argv = { 0 };

	if (geteuid() != 0)
		return 0;
	for (size_t i = 0; i < sizeof probe / sizeof *probe; i++)
		if (strv_add(&argv, probe[i]) < 0)
			return fail(err, -ENOMEM, "prepare the build");
	/* Not in a chroot, and not in a container that may not mount: there it goes without. */
	if (tool_run(&b->tool, &argv, NULL, NULL) < 0)
		return 0;
	if (strv_add(&b->as_root, "unshare") < 0 || strv_add(&b->as_root, "--mount") < 0)
		return fail(err, -ENOMEM, "prepare the build");
	return 0;
}

static int ask_apt(struct build *b, const char *option, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };
	const char *words[] = { "apt-get", "indextargets", "--format", SOURCES_FORMAT,
		"Created-By: Packages", option };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i] && strv_add(&argv, words[i]) < 0)
			return fail(err, -ENOMEM, "ask apt for its sources");

	cleanup_buf struct buf text = { 0 };
	int r = tool_run(&b->tool, &argv, &text, err);
	if (r < 0)
		return r;
	r = sources_parse(b->distribution, buf_span(&text), &b->sources);
	return r < 0 ? fail(err, r, "read apt's sources") : 0;
}

/* With what apt-get update left behind we know whose archive is whose; without, names must do. */
static int find_sources(struct build *b, struct error *err)
{
	int r = ask_apt(b, NULL, err);
	if (r == 0 && b->sources.n == 0)
		r = ask_apt(b, "--no-release-info", err);
	if (r == 0 && b->sources.n == 0)
		return refuse(err, -ENOENT,
			"apt knows no source of packages for %s '%s' ('apt-get indextargets' lists "
			"them)",
			b->distribution->id, b->distribution->codename);
	return r;
}

/* mmdebstrap's apt has a configuration of its own; of this machine's it needs the way out. */
static int find_proxies(struct build *b, struct error *err)
{
	static const char *const words[] = { "apt-config", "dump", "--format", PROXIES_FORMAT };
	cleanup_strv struct strv argv = { 0 };
	cleanup_buf struct buf text = { 0 };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strv_add(&argv, words[i]) < 0)
			return fail(err, -ENOMEM, "ask apt for its proxies");
	int r = tool_run(&b->tool, &argv, &text, err);
	if (r < 0)
		return r;
	r = proxies_parse(buf_span(&text), &b->proxies);
	return r < 0 ? fail(err, r, "read apt's proxies") : 0;
}

static int add_packages(struct strv *argv, const struct recipe *r)
{
	cleanup_buf struct buf list = { 0 };

	for (size_t i = 0; i < r->packages.n; i++)
		if (buf_addf(&list, "%s%s", i ? "," : "", r->packages.v[i]) < 0)
			return -ENOMEM;
	return strv_addf(argv, "--include=%.*s", (int)list.n, list.p);
}

static int add_sources(struct strv *argv, const struct build *b)
{
	int r = strv_add(argv, b->distribution->codename);

	if (r == 0)
		r = strv_add(argv, "-");
	return r < 0 ? r : strv_add_all(argv, &b->sources);
}

static int mmdebstrap_words(struct strv *argv, const struct build *b)
{
	const char *const words[] = { "mmdebstrap",
		geteuid() == 0 ? "--mode=root" : "--mode=unshare", "--variant=essential",
		"--format=tar", "--aptopt=Acquire::Languages \"none\"",
		"--aptopt=Acquire::Retries \"3\"", NOTES_HOOK };

	if (geteuid() == 0 && strv_add_all(argv, &b->as_root) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strv_add(argv, words[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
		if (strv_addf(argv, "--dpkgopt=%s", left_out[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < b->proxies.n; i++)
		if (strv_addf(argv, "--aptopt=%s", b->proxies.v[i]) < 0)
			return -ENOMEM;
	if (access(HOOKS, X_OK) == 0 && strv_add(argv, "--hook-dir=" HOOKS) < 0)
		return -ENOMEM;
	int r = add_packages(argv, b->recipe);
	return r < 0 ? r : add_sources(argv, b);
}

/* Starts mmdebstrap. Its own directory is large: it goes to where there is room. */
static int install(struct build *b, struct tool_pipe **ret, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };

	if (mmdebstrap_words(&argv, b) < 0 || setenv(NOTES_ENV, b->notes, 1) < 0 ||
		setenv("TMPDIR", "/var/tmp", 0) < 0)
		return fail(err, -ENOMEM, "install the packages");
	struct tool_run t = b->tool;
	t.wrapped = geteuid() == 0 ? b->as_root.n : 0;
	return tool_pipe_open(&t, &argv, ret, err);
}

static int prepare(struct build *b, struct error *err)
{
	int r = check_tools(err);
	if (r == 0)
		r = choose_root(b, err);
	if (r == 0)
		r = find_sources(b, err);
	if (r == 0)
		r = find_proxies(b, err);
	return r < 0 ? r : notes_write(b->recipe, &b->notes, err);
}

/* How the tool ended says more than what its archive lacked. */
static int apply(struct tool_pipe *p, struct layers *l, struct error *err)
{
	struct error why;

	int r = layer_apply(l, tool_pipe_stream(p), &why);
	if (r == -ECANCELED)
		return refuse(err, r, "%s", why.text);
	/* While it still writes, it would be waited for in vain. */
	int e = r == 0 || r == -ENODATA ? tool_pipe_finish(p, err) : 0;
	if (e < 0)
		return e;
	return r < 0 ? refuse(err, r, "the archive of mmdebstrap: %s", why.text) : 0;
}

int rootfs_build(const struct recipe *recipe, const struct distribution *distribution,
	const char *store, const struct tool_watch *watch, int log_fd, struct image *img,
	struct error *err)
{
	cleanup(build_done) struct build b = {
		.recipe = recipe,
		.distribution = distribution,
		.watch = watch,
		.tool = { .watch = watch, .log_fd = log_fd },
	};
	cleanup(image_writer_closep) struct image_writer *writer = NULL;
	cleanup(tool_pipe_closep) struct tool_pipe *pipe = NULL;
	int r = prepare(&b, err);
	if (r < 0)
		return r;

	phase(&b, "fetching and installing packages");
	r = install(&b, &pipe, err);
	if (r == 0)
		r = tool_pipe_await(pipe, err);
	if (r < 0)
		return r;

	phase(&b, "writing the file system");
	r = image_writer_open(store, true, &writer, err);
	if (r == 0)
		r = apply(pipe, image_writer_layers(writer), err);
	if (r == 0)
		r = finish_packages(image_writer_layers(writer), &img->packages, err);
	if (r == 0)
		r = finish_tree(image_writer_layers(writer)->tree, err);
	return r < 0 ? r : image_writer_commit(writer, img, err);
}
