/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "hash/sha256.h"
#include "image.h"
#include "oci/platform.h"
#include "sys/io.h"
#include "sys/memfd.h"

enum {
	LOG_MAX = 1 << 20,
};

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Bytes of all files in directory @path, and in those below it. */
static uint64_t size_of(int at, const char *path)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	uint64_t sum = 0;

	for (const struct dirent *e; d && (e = readdir(d));) {
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
			fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		sum += S_ISDIR(st.st_mode) ? size_of(dirfd(d), e->d_name) : (uint64_t)st.st_size;
	}
	return sum;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	remove(path);
	return 0;
}

static void remove_all(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* What tells one fetch from another. */
static int name_dir(struct fetch *f, const char *store, const char *reference, const char *platform,
	struct error *err)
{
	cleanup(sha256_freep) struct sha256 *h = sha256_new();
	unsigned char digest[SHA256_BYTES];
	char text[SHA256_TEXT];

	if (!h)
		return fail(err, -ENOMEM, "fetch '%s'", reference);
	sha256_add(h, reference, strlen(reference) + 1);
	sha256_add(h, platform, strlen(platform));
	sha256_end(h, digest);
	if (asprintf(&f->dir, "%s/fetch/%.16s", store, sha256_format(digest, text) + 7) < 0) {
		f->dir = NULL;
		return fail(err, -ENOMEM, "fetch '%s'", reference);
	}
	return 0;
}

/* The lock is beside the layout, so that the layout can go away under it. */
static int lock_dir(struct fetch *f, const char *store, struct error *err)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/fetch", store);
	int r = image_store_make(path);
	if (r < 0)
		return fail(err, r, "make directory '%s'", path);
	snprintf(path, sizeof path, "%s.lock", f->dir);
	for (;;) {
		struct stat st;

		f->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (f->lock_fd < 0 || flock(f->lock_fd, LOCK_EX) < 0 || fstat(f->lock_fd, &st) < 0)
			return fail(err, -errno, "lock '%s'", path);
		/* Whoever had it may have taken the file away. */
		if (st.st_nlink > 0)
			return 0;
		close(f->lock_fd);
	}
}

static bool has_policy(void)
{
	const char *home = getenv("HOME");
	char path[4096];

	snprintf(path, sizeof path, "%s/.config/containers/policy.json", home ? home : "");
	return access(path, F_OK) == 0 || access("/etc/containers/policy.json", F_OK) == 0;
}

static int make_words(struct strv *v, const struct fetch *f, const char *reference,
	const struct fetch_options *o, const char *platform)
{
	struct span rest = span_of(platform), os, arch, variant = { 0 };

	span_cut(&rest, '/', &os);
	span_cut(&rest, '/', &arch);
	span_cut(&rest, '/', &variant);
	int r = strv_add(v, "skopeo");
	if (r == 0 && !has_policy())
		r = strv_add(v, "--insecure-policy");
	if (r == 0)
		r = strv_addf(v, "--override-os=%.*s", (int)os.n, os.p);
	if (r == 0)
		r = strv_addf(v, "--override-arch=%.*s", (int)arch.n, arch.p);
	if (r == 0 && variant.n > 0)
		r = strv_addf(v, "--override-variant=%.*s", (int)variant.n, variant.p);
	if (r == 0)
		r = strv_add(v, "copy");
	if (r == 0)
		r = strv_add(v, "--quiet");
	if (r == 0 && o->authfile)
		r = strv_addf(v, "--src-authfile=%s", o->authfile);
	if (r == 0 && o->insecure)
		r = strv_add(v, "--src-tls-verify=false");
	if (r == 0)
		r = strv_addf(v, "docker://%s", reference);
	return r < 0 ? r : strv_addf(v, "oci:%s:image", f->dir);
}

/* What skopeo said at last, without its own decoration: time=... level=fatal msg="...". */
static void last_words(int log_fd, char *text, size_t n)
{
	cleanup_buf struct buf log = { 0 };
	struct span rest, line, last = { "", 0 };

	if (lseek(log_fd, 0, SEEK_SET) == 0)
		io_read_all(log_fd, LOG_MAX, &log);
	rest = buf_span(&log);
	while (span_cut(&rest, '\n', &line))
		if (line.n > 0)
			last = line;
	const char *msg = last.n ? memmem(last.p, last.n, "msg=\"", 5) : NULL;
	if (msg) {
		last = span_skip(last, (size_t)(msg - last.p) + 5);
		last.n -= last.n > 0 && last.p[last.n - 1] == '"';
	}
	snprintf(text, n, "%.*s", (int)last.n, last.n ? last.p : "");
}

/* Watches the layout grow while skopeo works. */
struct growth {
	const struct tool_watch *watch;
	const char *dir;
};

static void grow(void *ctx)
{
	const struct growth *g = ctx;

	if (g->watch && g->watch->bytes)
		g->watch->bytes(g->watch->ctx, size_of(AT_FDCWD, g->dir), 0);
	else if (g->watch && g->watch->tick)
		g->watch->tick(g->watch->ctx);
}

static int run_skopeo(const struct fetch *f, const char *reference, const struct fetch_options *o,
	const char *platform, const struct tool_watch *watch, struct error *err)
{
	struct growth g = { watch, f->dir };
	const struct tool_watch own = {
		.tick = grow, .ctx = &g, .cancel_fd = watch ? watch->cancel_fd : -1
	};
	cleanup_strv struct strv words = { 0 };
	char said[400];

	cleanup_fd int log_fd = memfd_new("skopeo");
	if (log_fd < 0)
		return fail(err, log_fd, "fetch '%s'", reference);
	if (make_words(&words, f, reference, o, platform) < 0)
		return fail(err, -ENOMEM, "fetch '%s'", reference);
	const struct tool_run t = { .watch = &own, .log_fd = log_fd };
	int r = tool_run(&t, &words, NULL, err);
	if (r != -EIO)
		return r;
	last_words(log_fd, said, sizeof said);
	return refuse(err, r, "fetch '%s': %s", reference, *said ? said : "skopeo gave no reason");
}

int fetch_image(const char *store, const char *reference, const struct fetch_options *o,
	const struct tool_watch *watch, struct fetch *ret, struct error *err)
{
	cleanup(fetch_done) struct fetch f = { .lock_fd = -1 };
	char host[80];
	const char *platform = o->platform ? o->platform : platform_host(host, sizeof host);

	int r = tool_check("skopeo", err);
	if (r == 0)
		r = name_dir(&f, store, reference, platform, err);
	if (r == 0)
		r = lock_dir(&f, store, err);
	if (r == 0)
		r = run_skopeo(&f, reference, o, platform, watch, err);
	if (r < 0)
		return r;
	*ret = f;
	f = (struct fetch){ .lock_fd = -1 };
	return 0;
}

void fetch_remove(struct fetch *f)
{
	char path[4096];

	if (!f->dir)
		return;
	remove_all(f->dir);
	snprintf(path, sizeof path, "%s.lock", f->dir);
	unlink(path);
	/* The last one takes the directory with it. */
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

void fetch_done(struct fetch *f)
{
	free(f->dir);
	cleanup_closep(&f->lock_fd);
	*f = (struct fetch){ .lock_fd = -1 };
}

uint64_t fetch_sweep(const char *store)
{
	char path[4096];
	uint64_t sum = 0;
	snprintf(path, sizeof path, "%s/fetch", store);
	cleanup(closedirp) DIR *d = opendir(path);

	for (const struct dirent *e; d && (e = readdir(d));) {
		size_t n = strlen(e->d_name);

		if (n < 5 || strcmp(e->d_name + n - 5, ".lock") != 0)
			continue;
		cleanup_fd int fd = openat(dirfd(d), e->d_name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
			continue;
		snprintf(path, sizeof path, "%s/fetch/%.*s", store, (int)(n - 5), e->d_name);
		sum += size_of(AT_FDCWD, path);
		remove_all(path);
		unlinkat(dirfd(d), e->d_name, 0);
	}
	return sum;
}
