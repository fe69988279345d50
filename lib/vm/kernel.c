/* SPDX-License-Identifier: MIT */
/* A built guest kernel: a descriptor of the executable, and what it can do beyond the stock one. */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/io.h"

enum { FILE_LIMIT = 65536 };

struct vm_kernel {
	int fd;
	struct buf features; /* one word a line */
	struct buf version;  /* ends in NUL */
};

/* As a package puts it: ../lib/program-explorer/kernel from /usr/bin, one more up from
 * /usr/libexec/program-explorer. */
static char *installed_dir(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	exe[n < 0 ? 0 : n] = '\0';
	for (int i = 0; i < 2; i++) {
		cleanup_free char *dir = NULL;
		char *slash = strrchr(exe, '/');

		if (!slash)
			break;
		*slash = '\0';
		if (asprintf(&dir, "%s/lib/program-explorer/kernel", exe) < 0)
			dir = NULL;
		if (dir && access(dir, R_OK | X_OK) == 0)
			return take_ptr(dir);
	}
	return NULL;
}

/* Where `make kernel` puts it. */
static char *built_dir(void)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	char *dir = NULL;
	int n;

	if (cache && *cache)
		n = asprintf(&dir, "%s/program-explorer/kernel/current", cache);
	else
		n = asprintf(&dir, "%s/.cache/program-explorer/kernel/current", home ? home : "");
	return n < 0 ? NULL : dir;
}

/* What somebody built here is newer than what was installed. */
static char *default_dir(void)
{
	const char *set = getenv("PE_KERNEL");

	if (set && *set)
		return strdup(set);
	char *built = built_dir();
	char *installed = built && access(built, F_OK) == 0 ? NULL : installed_dir();
	if (!installed)
		return built;
	free(built);
	return installed;
}

static int read_file(
	int dir_fd, const char *dir, const char *name, struct buf *ret, struct error *err)
{
	cleanup_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : io_read_all(fd, FILE_LIMIT, ret);

	return r < 0 ? fail(err, r, "read '%s/%s'", dir, name) : 0;
}

static int open_parts(struct vm_kernel *k, int dir_fd, const char *dir, struct error *err)
{
	struct stat st;

	k->fd = openat(dir_fd, "linux", O_PATH | O_CLOEXEC);
	if (k->fd < 0)
		return fail(err, -errno, "open guest kernel '%s/linux'", dir);
	if (fstat(k->fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & S_IXOTH))
		return refuse(err, -EACCES,
			"guest kernel '%s/linux' is no file that everybody may execute", dir);

	int r = read_file(dir_fd, dir, "features", &k->features, err);
	if (r == 0)
		r = read_file(dir_fd, dir, "version", &k->version, err);
	if (r < 0)
		return r;
	k->version.n = strcspn(k->version.n ? k->version.p : "", "\n");
	return buf_add(&k->version, "", 1);
}

int vm_kernel_open(const char *dir, struct vm_kernel **ret, struct error *err)
{
	cleanup_free char *path = dir ? strdup(dir) : default_dir();
	cleanup(vm_kernel_freep) struct vm_kernel *k = calloc(1, sizeof *k);

	if (!path || !k)
		return fail(err, -ENOMEM, "open the guest kernel");
	k->fd = -1;
	cleanup_fd int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0 && errno == ENOENT)
		return refuse(
			err, -ENOENT, "no guest kernel at '%s' ('make kernel' builds it)", path);
	if (dir_fd < 0)
		return fail(err, -errno, "open guest kernel directory '%s'", path);
	int r = open_parts(k, dir_fd, path, err);
	if (r < 0)
		return r;
	*ret = take_ptr(k);
	return 0;
}

const char *vm_kernel_version(const struct vm_kernel *k)
{
	return k->version.p;
}

bool vm_kernel_has(const struct vm_kernel *k, const char *feature)
{
	struct span rest = buf_span(&k->features), line;

	while (span_cut(&rest, '\n', &line))
		if (span_equal(line, span_of(feature)))
			return true;
	return false;
}

int vm_kernel_fd(const struct vm_kernel *k)
{
	return k->fd;
}

void vm_kernel_free(struct vm_kernel *k)
{
	if (!k)
		return;
	if (k->fd >= 0)
		close(k->fd);
	buf_done(&k->features);
	buf_done(&k->version);
	free(k);
}

void vm_kernel_freep(struct vm_kernel **k)
{
	vm_kernel_free(*k);
}
