/* SPDX-License-Identifier: MIT */
/* Kernels that are not there or not whole, and the real one, if it was built, with an init that is
 * none. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "vm/vm.h"

#include <cmocka.h>

static char dir[] = "/tmp/pe-test-vm-XXXXXX";

static void put(const char *name, const char *text, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	unlink(path);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

static int make_dir(void **state)
{
	(void)state;
	umask(0);
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
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

static void expect_no_kernel(const char *path, int r, const char *text)
{
	struct vm_kernel *k = NULL;
	struct error err = { "" };

	assert_int_equal(vm_kernel_open(path, &k, &err), r);
	assert_non_null(strstr(err.text, text));
	assert_null(k);
}

static void test_kernel_open(void **state)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = NULL;
	struct error err;

	(void)state;
	expect_no_kernel("/no/such/kernel", -ENOENT, "'/no/such/kernel' ('make kernel' builds it)");
	expect_no_kernel(dir, -ENOENT, "/linux'");
	put("linux", "", 0644);
	expect_no_kernel(dir, -EACCES, "no file that everybody may execute");
	put("linux", "", 0755);
	expect_no_kernel(dir, -ENOENT, "/features'");
	put("features", "fd-files\nlock\n", 0644);
	put("version", "7.2.13\n", 0644);

	assert_int_equal(vm_kernel_open(dir, &k, &err), 0);
	assert_string_equal(vm_kernel_version(k), "7.2.13");
	assert_true(vm_kernel_has(k, "fd-files"));
	assert_true(vm_kernel_has(k, "lock"));
	assert_false(vm_kernel_has(k, "lockdown"));
	assert_false(vm_kernel_has(k, "fd"));
}

static void test_kernel_from_environment(void **state)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = NULL;
	cleanup_free char *old = getenv("PE_KERNEL") ? strdup(getenv("PE_KERNEL")) : NULL;
	struct error err;

	(void)state;
	setenv("PE_KERNEL", dir, 1);
	assert_int_equal(vm_kernel_open(NULL, &k, &err), 0);
	if (old)
		setenv("PE_KERNEL", old, 1);
	else
		unsetenv("PE_KERNEL");
}

/* The built kernel, or the test is skipped. */
static struct vm_kernel *need_kernel(void)
{
	struct vm_kernel *k = NULL;
	struct error err;

	if (vm_kernel_open(NULL, &k, &err) < 0) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
	return k;
}

static struct vm *boot(const struct vm_kernel *k, struct span init)
{
	struct error err = { "" };
	struct vm *vm = NULL;
	const struct vm_spec spec = {
		.kernel = k,
		.init = init,
		.ram_bytes = 64 << 20,
		.processes = 16,
		.cpu_seconds = 10,
		.cpu = -1,
	};

	if (vm_engine_uml.start(&spec, &vm, &err) < 0) {
		print_message("skipped: %s\n", err.text);
		skip();
	}
	return vm;
}

/* An init that cannot be executed is a panic: the VM ends by itself, and its console says why. */
static void test_panic(void **state)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = need_kernel();
	int code = 0;

	(void)state;
	struct vm *vm = boot(k, SPAN_LITERAL("this is no program"));
	assert_int_equal(vm_wait(&vm_engine_uml, vm, -1, 20000), 0);
	assert_int_equal(vm_engine_uml.status(vm, &code), 0);
	assert_int_not_equal(code, 0);
	assert_non_null(strstr(vm_engine_uml.console(vm), "panic"));
	vm_engine_uml.free(vm);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Freed while it boots: nothing is left. */
static void test_free_while_booting(void **state)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = need_kernel();
	int code;

	(void)state;
	struct vm *vm = boot(k, SPAN_LITERAL("x"));
	struct pollfd p = { .fd = vm_engine_uml.event_fd(vm), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(vm_engine_uml.status(vm, &code), -EAGAIN);
	assert_int_equal(vm_wait(&vm_engine_uml, vm, -1, 0), -ETIME);
	vm_engine_uml.free(vm);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_too_many_disks(void **state)
{
	cleanup(vm_kernel_freep) struct vm_kernel *k = need_kernel();
	struct error err = { "" };
	struct vm *vm = NULL;
	const struct vm_spec spec = { .kernel = k, .n_disks = VM_DISKS_MAX + 1, .cpu = -1 };

	(void)state;
	assert_int_equal(vm_engine_uml.start(&spec, &vm, &err), -EINVAL);
	assert_non_null(strstr(err.text, "13 disks, at most 12"));
	assert_null(vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_open),
		cmocka_unit_test(test_kernel_from_environment),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_free_while_booting),
		cmocka_unit_test(test_too_many_disks),
	};

	return cmocka_run_group_tests_name("vm", tests, make_dir, remove_dir);
}
