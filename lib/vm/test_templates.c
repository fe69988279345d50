/* SPDX-License-Identifier: MIT */
/* Templates where there can be none: every way out is an error and no VM. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "holder.h"
#include "lender.h"
#include "sys/fds.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "templates.h"

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)

static char dir[] = "/tmp/pe-test-templates-XXXXXX";

static void put(const char *name, const char *text, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

static int make_kernel(void **state)
{
	(void)state;
	umask(0);
	if (!mkdtemp(dir))
		return -1;
	/* A kernel that says it can be forked, and does not even start. */
	put("linux", "#!/none\n", 0755);
	put("features", "fd-files\ntemplate\nclone-request\n", 0644);
	put("version", "7.2.13\n", 0644);
	return 0;
}

static int remove_kernel(void **state)
{
	static const char *const names[] = { "linux", "features", "version" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static struct templates *open_templates(struct vm_kernel **kernel, const char *features)
{
	struct templates *t = NULL;

	put("features", features, 0644);
	assert_int_equal(vm_kernel_open(dir, kernel, NULL), 0);
	const struct templates_config config = { .kernel = *kernel, .init = SPAN_LITERAL("init") };
	assert_int_equal(templates_new(&config, &t, NULL), 0);
	return t;
}

static void with_disks(struct vm_disk disks[3], int fds[3])
{
	for (int i = 0; i < 3; i++) {
		fds[i] = memfd_new("disk");
		assert_int_equal(memfd_fix_size(fds[i], 4096), 0);
		disks[i] = (struct vm_disk){ fds[i], i == VM_OUTPUT_DISK };
	}
}

static void test_class(void **state)
{
	(void)state;
	for (uint64_t ram = 64 * MIB; ram < 8192 * MIB; ram += 37 * MIB) {
		uint64_t class = templates_class(ram);
		assert_in_range(class, ram, ram + ram / 4 + 64 * MIB);
		assert_int_equal(templates_class(class), class);
	}
}

static void test_a_kernel_that_cannot(void **state)
{
	struct vm_kernel *kernel;
	struct vm_disk disks[3];
	struct vm *vm = NULL;
	struct error err;
	int fds[3];

	(void)state;
	struct templates *t = open_templates(&kernel, "fd-files\n");
	with_disks(disks, fds);
	const struct vm_spec spec = {
		.disks = disks, .n_disks = 3, .ram_bytes = 64 * MIB, .cpu = -1
	};
	assert_int_equal(templates_start(t, "sha256:a", &spec, &vm, &err), -EAGAIN);
	assert_int_equal(templates_warm(t, "sha256:a", &spec, 1000, &err), -EOPNOTSUPP);
	assert_null(vm);
	templates_free(t);
	vm_kernel_free(kernel);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_one_that_cannot_be_made(void **state)
{
	struct vm_kernel *kernel;
	struct templates_stats stats;
	struct vm_disk disks[3];
	struct vm *vm = NULL;
	struct error err;
	int fds[3];

	(void)state;
	struct templates *t = open_templates(&kernel, "fd-files\ntemplate\nclone-request\n");
	with_disks(disks, fds);
	const struct vm_spec spec = { .disks = disks,
		.n_disks = 3,
		.ram_bytes = 64 * MIB,
		.processes = 8,
		.cpu_seconds = 5,
		.cpu = -1 };
	assert_int_equal(templates_warm(t, "sha256:a", &spec, 20000, &err), -EIO);
	assert_int_not_equal(err.text[0], '\0');
	assert_int_equal(templates_start(t, "sha256:a", &spec, &vm, &err), -EAGAIN);
	templates_stats(t, &stats);
	assert_int_equal(stats.failed, 1);
	assert_int_equal(stats.alive, 0);
	assert_int_equal(stats.cold, 1);
	templates_drop(t, NULL);
	templates_free(t);
	vm_kernel_free(kernel);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
}

/* The latest of a processor's; the others stay in their order. */
static void test_which_clone_is_taken(void **state)
{
	static const struct {
		int cpu, pid;
	} waiting[] = { { 1, 10 }, { 0, 11 }, { 1, 12 }, { 0, 13 }, { 1, 14 } };
	static const int cpus[] = { 0, 1, 0, 1, 1 }, pids[] = { 13, 14, 11, 12, 10 };
	struct holder e = { .n_ahead = 0 };
	struct clone c;

	(void)state;
	for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++) {
		e.ahead[e.n_ahead] = CLONE_NONE;
		e.ahead[e.n_ahead].cpu = waiting[i].cpu;
		e.ahead[e.n_ahead++].pid = waiting[i].pid;
	}
	assert_false(holder_take_ahead(&e, 2, &c));
	for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
		assert_true(holder_take_ahead(&e, cpus[i], &c));
		assert_int_equal(c.pid, pids[i]);
	}
	assert_int_equal(e.n_ahead, 0);
	assert_false(holder_take_ahead(&e, 0, &c));
}

static void test_descriptors_travel(void **state)
{
	int pair[2], fds[2], got[2];
	char text[8];
	pid_t pid = 0;

	(void)state;
	assert_int_equal(fds_pair(pair), 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(fds_receive(pair[0], text, sizeof text, got, 2, 10, NULL), -ETIME);
	assert_int_equal(fds_send(pair[1], "hello", 5, fds, 2), 0);
	assert_int_equal(fds_receive(pair[0], text, sizeof text, got, 2, 1000, &pid), 5);
	assert_int_equal(pid, getpid());
	assert_int_equal(write(got[1], "x", 1), 1);
	assert_int_equal(read(fds[0], text, sizeof text), 1);
	close(got[0]);
	close(got[1]);

	/* Another number of them is an error, and closes what came. */
	assert_int_equal(fds_send(pair[1], "hello", 5, fds, 1), 0);
	assert_int_equal(fds_receive(pair[0], text, sizeof text, got, 2, 1000, NULL), -EPROTO);
	assert_int_equal(fds_send(pair[1], "much too long", 13, NULL, 0), 0);
	assert_int_equal(fds_receive(pair[0], text, sizeof text, got, 0, 1000, NULL), -EPROTO);
	close(pair[1]);
	assert_int_equal(fds_receive(pair[0], text, sizeof text, got, 0, 1000, NULL), 0);
	close(pair[0]);
	close(fds[0]);
	close(fds[1]);
}

static void test_the_socket_is_nobody_elses(void **state)
{
	cleanup_free char *path = NULL;
	char runtime[128];
	struct error err;

	(void)state;
	snprintf(runtime, sizeof runtime, "%s/run", dir);
	assert_int_equal(mkdir(runtime, 0755), 0);
	setenv("XDG_RUNTIME_DIR", runtime, 1);
	assert_int_equal(lend_path(false, &path, &err), -ENOENT);
	assert_int_equal(lend_path(true, &path, &err), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(chmod(path, 0755), 0);
	cleanup_free char *other = NULL;
	assert_int_equal(lend_path(true, &other, &err), -EPERM);
	assert_null(other);
	rmdir(path);
	rmdir(runtime);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_a_kernel_that_cannot),
		cmocka_unit_test(test_one_that_cannot_be_made),
		cmocka_unit_test(test_which_clone_is_taken),
		cmocka_unit_test(test_descriptors_travel),
		cmocka_unit_test(test_the_socket_is_nobody_elses),
	};

	return cmocka_run_group_tests(tests, make_kernel, remove_kernel);
}
