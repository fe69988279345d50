/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation
 *
 * mmdebstrap makes a directory, mkfs.erofs an image of it. Owners must come out right, so both run
 * as root: the real one, or, for an ordinary user, root of a user namespace over subordinate ids,
 * which mmdebstrap knows how to enter
 * (--unshare-helper). Then the directory belongs to ids that are not ours, so all that touches it
 * is run through the same helper, removal too. The real root gets a mount namespace of its own
 * where that is allowed: whatever mmdebstrap mounts is gone with it, and cannot be in the way of
 * the removal.
 *
 * Two temporary directories: `notes`, ours, holds what the recipe's own files and set-up lines
 * became; `work`, the builder's, holds root/ and root.erofs. Everything in `work` is as old as the
 * newest package, so that the same packages give the same bytes, and so that what compares times of
 * files (Python's caches) finds them in order.
 */
#include "rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "notes.h"

#define HOOKS "/usr/share/mmdebstrap/hooks/maybe-merged-usr"

struct build {
	const struct recipe *recipe;
	const struct distribution *distribution;
	const struct rootfs_watch *watch;
	struct tool_run tool;
	struct strv as_root; /* the words before a command that is to run as the builder's root */
	struct strv sources, proxies;
	char *notes, *work;
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

/* Runs the words of @words, NULL-terminated, as root. */
static int run_as_root(
	struct build *b, const char *const *words, struct buf *output, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };

	if (strv_add_all(&argv, &b->as_root) < 0)
		return fail(err, -ENOMEM, "run '%s'", words[0]);
	for (; *words; words++)
		if (strv_add(&argv, *words) < 0)
			return fail(err, -ENOMEM, "run '%s'", *words);
	struct tool_run t = b->tool;
	t.wrapped = b->as_root.n;
	return tool_run(&t, &argv, output, err);
}

static void build_done(struct build *b)
{
	const char *const remove[] = { "rm", "-rf", "--one-file-system", "--", b->work, NULL };

	/* Not to be stopped, and its own failure is told in the log. */
	b->tool.watch = NULL;
	if (b->work)
		run_as_root(b, remove, NULL, NULL);
	if (b->notes)
		notes_remove(b->notes);
	strv_done(&b->as_root);
	strv_done(&b->sources);
	strv_done(&b->proxies);
	free(b->notes);
	free(b->work);
}

static int check_tools(struct error *err)
{
	static const char *const tools[] = { "mmdebstrap", "mkfs.erofs", "apt-get", "dpkg-query" };

	for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
		int r = tool_check(tools[i], err);
		if (r < 0)
			return r;
	}
	return geteuid() == 0 ? 0 : tool_check("newuidmap", err);
}

static int choose_root(struct build *b, struct error *err)
{
	static const char *const probe[] = { "true", NULL };
	int r;

	if (geteuid() != 0) {
		r = strv_add(&b->as_root, "mmdebstrap");
		if (r == 0)
			r = strv_add(&b->as_root, "--unshare-helper");
		return r < 0 ? fail(err, r, "prepare the build") : 0;
	}
	r = strv_add(&b->as_root, "unshare");
	if (r == 0)
		r = strv_add(&b->as_root, "--mount");
	if (r < 0)
		return fail(err, r, "prepare the build");

	/* Not in a chroot, and not in a container that may not mount: there it goes without. */
	if (run_as_root(b, probe, NULL, NULL) < 0)
		strv_done(&b->as_root);
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

static int make_work(struct build *b, struct error *err)
{
	static const char script[] = "d=$(mktemp -d \"$0/pe-image-XXXXXX\") && chmod 711 \"$d\" && "
				     "mkdir -m 755 \"$d/root\" && echo \"$d\"";
	const char *tmp = getenv("TMPDIR");
	const char *const words[] = { "sh", "-c", script, tmp && *tmp ? tmp : "/var/tmp", NULL };

	cleanup_buf struct buf text = { 0 };
	int r = run_as_root(b, words, &text, err);
	if (r < 0)
		return r;

	struct span rest = buf_span(&text), path;
	if (!span_cut(&rest, '\n', &path) || path.n == 0)
		return refuse(err, -EIO, "mktemp named no directory");
	b->work = strndup(path.p, path.n);
	return b->work ? 0 : fail(err, -ENOMEM, "make a temporary directory");
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
		r = strv_addf(argv, "%s/root", b->work);
	return r < 0 ? r : strv_add_all(argv, &b->sources);
}

static int mmdebstrap_words(struct strv *argv, const struct build *b)
{
	const char *const words[] = { "mmdebstrap",
		geteuid() == 0 ? "--mode=root" : "--mode=unshare", "--variant=essential",
		"--format=directory", "--aptopt=Acquire::Languages \"none\"",
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

static int install(struct build *b, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };

	if (mmdebstrap_words(&argv, b) < 0 || setenv(NOTES_ENV, b->notes, 1) < 0)
		return fail(err, -ENOMEM, "install the packages");
	struct tool_run t = b->tool;
	t.wrapped = geteuid() == 0 ? b->as_root.n : 0;
	return tool_run(&t, &argv, NULL, err);
}

/* When the newest package was made: dpkg keeps the times of the lists that came in the packages. */
static int find_epoch(const struct build *b, int64_t *ret, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/root/var/lib/dpkg/info", b->work);

	DIR *d = opendir(path);
	if (!d)
		return fail(err, -errno, "open '%s'", path);

	int64_t newest = 0;
	for (const struct dirent *e; (e = readdir(d));) {
		struct stat st;
		size_t n = strlen(e->d_name);

		if (n > 8 && strcmp(e->d_name + n - 8, ".md5sums") == 0 &&
			fstatat(dirfd(d), e->d_name, &st, 0) == 0 && st.st_mtime > newest)
			newest = st.st_mtime;
	}
	closedir(d);
	*ret = newest;
	return 0;
}

/* Each guest makes its own; whether there are any here depends on who built. */
static int empty_dev(struct build *b, struct error *err)
{
	char dev[4096];
	snprintf(dev, sizeof dev, "%s/root/dev", b->work);
	const char *const words[] = { "find", dev, "-xdev", "-mindepth", "1", "-delete", NULL };

	return run_as_root(b, words, NULL, err);
}

static int make_erofs(struct build *b, int *ret_fd, struct error *err)
{
	int64_t epoch = 0;
	int r = empty_dev(b, err);
	if (r == 0)
		r = find_epoch(b, &epoch, err);
	if (r < 0)
		return r;

	char date[64], from[4096], to[4096];
	snprintf(date, sizeof date, "SOURCE_DATE_EPOCH=%lld", (long long)epoch);
	snprintf(from, sizeof from, "%s/root", b->work);
	snprintf(to, sizeof to, "%s/root.erofs", b->work);
	const char *const words[] = { "env", date, "mkfs.erofs", "--quiet", "-x-1",
		"-U00000000-0000-0000-0000-000000000000", to, from, NULL };
	r = run_as_root(b, words, NULL, err);
	if (r < 0)
		return r;

	cleanup_fd int fd = open(to, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", to);
	*ret_fd = take_fd(fd);
	return 0;
}

static int list_packages(struct build *b, struct strv *packages, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };
	if (strv_add(&argv, "dpkg-query") < 0 ||
		strv_addf(&argv, "--admindir=%s/root/var/lib/dpkg", b->work) < 0 ||
		strv_add(&argv, "--show") < 0 ||
		strv_add(&argv, "--showformat=${Package} ${Version}\n") < 0)
		return fail(err, -ENOMEM, "list the packages");

	cleanup_buf struct buf text = { 0 };
	int r = tool_run(&b->tool, &argv, &text, err);
	if (r < 0)
		return r;

	struct span rest = buf_span(&text), line;
	while (span_cut(&rest, '\n', &line))
		if (line.n > 0 && strv_add_span(packages, line) < 0)
			return fail(err, -ENOMEM, "list the packages");
	return 0;
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
	if (r == 0)
		r = notes_write(b->recipe, &b->notes, err);
	return r < 0 ? r : make_work(b, err);
}

int rootfs_build(const struct recipe *recipe, const struct distribution *distribution,
	const struct rootfs_watch *watch, int log_fd, int *ret_fd, struct strv *packages,
	struct error *err)
{
	cleanup(build_done) struct build b = {
		.recipe = recipe,
		.distribution = distribution,
		.watch = watch,
		.tool = { .watch = watch, .log_fd = log_fd },
	};
	int r = prepare(&b, err);
	if (r < 0)
		return r;

	phase(&b, "fetching and installing packages");
	r = install(&b, err);
	if (r < 0)
		return r;

	phase(&b, "writing the file system");
	r = list_packages(&b, packages, err);
	return r < 0 ? r : make_erofs(&b, ret_fd, err);
}
