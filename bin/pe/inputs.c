/* SPDX-License-Identifier: MIT */
#include "inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "job/job.h"
#include "pe.h"
#include "sys/io.h"

/* More than any job's input limit can be: the limit itself is checked once all is known. */
enum { READ_LIMIT = 1 << 30 };

static int read_whole(int fd, const char *path, struct buf *b, struct error *err)
{
	int r = io_read_all(fd, READ_LIMIT, b);

	if (r == -EFBIG)
		return refuse(err, r, "input file '%s' is larger than 1 GiB", path);
	return r < 0 ? fail(err, r, "read input file '%s'", path) : 0;
}

static int add(struct job *j, const char *name, const char *path, struct error *err)
{
	cleanup_buf struct buf b = { 0 };
	struct stat st;

	/* A fifo without a writer must not hold us up. */
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		return fail(err, -errno, "open input file '%s'", path);
	if (S_ISDIR(st.st_mode))
		return refuse(err, -EISDIR, "input file '%s' is a directory (-d takes directories)",
			path);
	if (!S_ISREG(st.st_mode))
		return refuse(
			err, -EINVAL, "input file '%s' is neither a file nor a directory", path);
	int r = read_whole(fd, path, &b, err);
	if (r == 0)
		r = job_add_file(j, name, st.st_mode, b.p, b.n, err);
	if (r == 0)
		b = (struct buf){ 0 };
	return r;
}

int inputs_add_file(struct job *j, const char *spec, struct error *err)
{
	const char *mark = strchr(spec, '='), *slash = strrchr(spec, '/');

	if (!mark)
		return add(j, slash ? slash + 1 : spec, spec, err);
	cleanup_free char *name = strndup(spec, (size_t)(mark - spec));
	return name ? add(j, name, mark + 1, err) : fail(err, -ENOMEM, "add input file '%s'", spec);
}

static int add_found(struct job *j, const FTSENT *e, size_t skip, struct error *err)
{
	switch (e->fts_info) {
	case FTS_D:
		if (e->fts_level == FTS_ROOTLEVEL)
			return 0;
		return job_add_file(j, e->fts_path + skip, e->fts_statp->st_mode, NULL, 0, err);
	case FTS_DP:
	case FTS_DOT:
		return 0;
	case FTS_F:
		return add(j, e->fts_path + skip, e->fts_accpath, err);
	case FTS_SL:
	case FTS_SLNONE:
		pe_say("run: left out of the input: '%s' (a symbolic link; -f takes what it points "
		       "to)",
			e->fts_path);
		return 0;
	case FTS_NS:
	case FTS_DNR:
	case FTS_ERR:
		return fail(err, -e->fts_errno, "read input '%s'", e->fts_path);
	default:
		return refuse(
			err, -EINVAL, "input '%s' is neither a file nor a directory", e->fts_path);
	}
}

static void close_ftsp(FTS **f)
{
	if (*f)
		fts_close(*f);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int inputs_add_dir(struct job *j, const char *dir, struct error *err)
{
	cleanup_free char *root = strdup(dir);
	struct stat st;

	if (!root)
		return fail(err, -ENOMEM, "read input directory '%s'", dir);
	if (stat(dir, &st) < 0)
		return fail(err, -errno, "read input directory '%s'", dir);
	if (!S_ISDIR(st.st_mode))
		return refuse(err, -ENOTDIR, "'%s' is not a directory (-f takes files)", dir);
	for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--)
		root[n - 1] = '\0';

	char *const roots[] = { root, NULL };
	cleanup(close_ftsp) FTS *f = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	if (!f)
		return fail(err, -errno, "read input directory '%s'", dir);
	size_t skip = strcmp(root, "/") == 0 ? 1 : strlen(root) + 1;
	for (FTSENT *e; (e = fts_read(f));) {
		int r = add_found(j, e, skip, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int inputs_set_stdin(struct job *j, const char *path, struct error *err)
{
	cleanup_buf struct buf b = { 0 };
	bool own = strcmp(path, "-") == 0;

	cleanup_fd int fd = own ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && !own)
		return fail(err, -errno, "open stdin file '%s'", path);
	int r = read_whole(own ? STDIN_FILENO : fd, own ? "(stdin)" : path, &b, err);
	if (r < 0)
		return r;
	free(j->input);
	j->input = b.p;
	j->input_n = b.n;
	b = (struct buf){ 0 };
	return 0;
}
