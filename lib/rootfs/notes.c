/* SPDX-License-Identifier: MIT */
#include "notes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/io.h"

/*
 * Every image has somebody to be: programs run as 1000 and look themselves up. Everything that
 * writes does so inside of the new root, where no link can lead out of it.
 */
static const char head[] =
	"set -eu\n"
	"root=$1\n"
	"in_root() {\n"
	"	chroot \"$root\" env -i HOME=/root LANG=C.UTF-8 "
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \"$@\"\n"
	"}\n"
	"in_root sh -c 'cat >>/etc/group' <<-end\n"
	"	user:x:1000:\n"
	"end\n"
	"in_root sh -c 'cat >>/etc/passwd' <<-end\n"
	"	user:x:1000:1000::/home/user:/bin/sh\n"
	"end\n"
	"in_root mkdir -p /home/user /input /output\n"
	"in_root chown 1000:1000 /home/user /input /output\n"
	"put() {\n"
	"	in_root sh -ec 'mkdir -p \"${0%/*}\"; cat >\"$0\"; chmod \"$1\" \"$0\"' "
	"\"$2\" \"$3\" <\"$" NOTES_ENV "/$1\"\n"
	"}\n";

/* Of what is left of the making: dates and times that no program needs. */
static const char tail[] =
	"in_root sh -ec '\n"
	"	rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow- /etc/resolv.conf\n"
	"	rm -f /var/lib/dpkg/*-old /var/cache/debconf/*-old\n"
	"	echo localhost >/etc/hostname\n"
	"	: >/etc/resolv.conf\n"
	"'\n";

static int write_file(const char *dir, const char *name, const char *p, size_t n, struct error *err)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);

	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0)
		return fail(err, -errno, "create '%s'", path);
	int r = io_write(fd, p, n);
	return r < 0 ? fail(err, r, "write '%s'", path) : 0;
}

/* @s as one word of shell. */
static int add_quoted(struct buf *b, const char *s)
{
	int r = buf_add(b, "'", 1);

	for (; *s && r == 0; s++)
		r = *s == '\'' ? buf_add(b, "'\\''", 4) : buf_add(b, s, 1);
	return r < 0 ? r : buf_add(b, "'", 1);
}

static int write_script(const char *dir, const struct recipe *recipe, struct error *err)
{
	cleanup_buf struct buf b = { 0 };
	int r = buf_add(&b, head, sizeof head - 1);

	for (size_t i = 0; i < recipe->files.n && r == 0; i++) {
		const struct recipe_file *f = &recipe->files.v[i];

		r = buf_addf(&b, "put %zu ", i);
		if (r == 0)
			r = add_quoted(&b, f->path);
		if (r == 0)
			r = buf_addf(&b, " %s\n", f->mode ? f->mode : "644");
	}
	for (size_t i = 0; i < recipe->setup.n && r == 0; i++) {
		r = buf_addf(&b, "in_root sh -ec ");
		if (r == 0)
			r = add_quoted(&b, recipe->setup.v[i]);
		if (r == 0)
			r = buf_add(&b, "\n", 1);
	}
	if (r == 0)
		r = buf_add(&b, tail, sizeof tail - 1);
	return r < 0 ? fail(err, r, "write '%s/script'", dir)
		     : write_file(dir, "script", b.p, b.n, err);
}

static int write_all(const char *dir, const struct recipe *recipe, struct error *err)
{
	if (chmod(dir, 0755) < 0)
		return fail(err, -errno, "chmod '%s'", dir);

	for (size_t i = 0; i < recipe->files.n; i++) {
		const char *content = recipe->files.v[i].content;
		char name[32];

		snprintf(name, sizeof name, "%zu", i);
		int r = write_file(dir, name, content, strlen(content), err);
		if (r < 0)
			return r;
	}
	return write_script(dir, recipe, err);
}

int notes_write(const struct recipe *recipe, char **ret_path, struct error *err)
{
	const char *tmp = getenv("TMPDIR");
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/pe-recipe-XXXXXX", tmp && *tmp ? tmp : "/var/tmp") < 0)
		return fail(err, -ENOMEM, "write down recipe '%s'", recipe->name);
	if (!mkdtemp(path))
		return fail(err, -errno, "make temporary directory '%s'", path);

	int r = write_all(path, recipe, err);
	if (r < 0) {
		notes_remove(path);
		return r;
	}
	*ret_path = take_ptr(path);
	return 0;
}

void notes_remove(const char *path)
{
	DIR *d = opendir(path);

	for (const struct dirent *e; d && (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}
