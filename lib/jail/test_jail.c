/* SPDX-License-Identifier: MIT */
/* The jail around a tiny static program that stands in for a kernel. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail/filter.h"
#include "jail/jail.h"
#include "sys/memfd.h"

#include <cmocka.h>

/* A static program of 150 bytes: write(1, "in\n", 3), then exit with the number of its arguments.
 */
static const unsigned char program[] = {
	0x7f,
	'E',
	'L',
	'F',
	2,
	1,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	2,
	0,
	0x3e,
	0,
	1,
	0,
	0,
	0, /* header */
	0x78,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0x38,
	0,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	5,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0, /* segment */
	0xa3,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0xa3,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x10,
	0,
	0,
	0,
	0,
	0,
	0,
	0xb8,
	1,
	0,
	0,
	0, /* mov $1, %eax */
	0xbf,
	1,
	0,
	0,
	0, /* mov $1, %edi */
	0x48,
	0x8d,
	0x35,
	0x13,
	0,
	0,
	0, /* lea text(%rip), %rsi */
	0xba,
	3,
	0,
	0,
	0, /* mov $3, %edx */
	0x0f,
	0x05, /* syscall */
	0x8b,
	0x3c,
	0x24, /* mov (%rsp), %edi */
	0xb8,
	0xe7,
	0,
	0,
	0, /* mov $231, %eax: exit_group */
	0x0f,
	0x05, /* syscall */
	0x90,
	0x90,
	'i',
	'n',
	'\n',
	0,
	0,
	0,
	0,
};

static int program_fd(void)
{
	int fd = memfd_create("program", MFD_CLOEXEC);

	assert_true(write(fd, program, sizeof program) == (ssize_t)sizeof program);
	return fd;
}

static int start(struct jail *j, const char *const *argv, int out, struct error *err)
{
	cleanup_fd int fd = program_fd();
	const int fds[] = { STDIN_FILENO, out, out };
	const struct jail_spec spec = {
		.program_fd = fd,
		.argv = argv,
		.fds = fds,
		.n_fds = 3,
		.cpu = -1,
		.address_bytes = 64 << 20,
		.cpu_seconds = 5,
		.processes = 16,
	};

	return jail_start(&spec, j, err);
}

/* A jail that this host cannot make is no failure of the code: pe doctor tells of it. */
static void need_jail(void)
{
	struct jail_layer_state states[JAIL_LAYERS];

	jail_probe(states);
	for (int i = 0; i < JAIL_LAYERS; i++)
		if (states[i].required && !states[i].present) {
			print_message("skipped: %s: %s\n", states[i].name, states[i].why);
			skip();
		}
}

static void await(struct jail *j)
{
	struct pollfd p = { .fd = j->pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

static void test_runs(void **state)
{
	static const char *const argv[] = { "a", "b", "c", NULL };
	struct error err = { "" };
	struct jail j;
	int out[2], code = -1;
	char text[16] = "";

	(void)state;
	need_jail();
	assert_int_equal(pipe(out), 0);
	int r = start(&j, argv, out[1], &err);
	if (r < 0)
		print_error("%s\n", err.text);
	assert_int_equal(r, 0);
	jail_enclose(&j);
	await(&j);
	assert_int_equal(jail_status(&j, &code), 0);
	assert_int_equal(code, 3);
	assert_int_equal(read(out[0], text, sizeof text), 3);
	assert_string_equal(text, "in\n");
	jail_done(&j);
	close(out[0]);
	close(out[1]);
}

static void test_no_program(void **state)
{
	static const char *const argv[] = { "a", NULL };
	struct error err = { "" };
	struct jail j = { .pidfd = -1 };
	cleanup_fd int empty = memfd_new("empty");
	const int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	const struct jail_spec spec = {
		.program_fd = empty,
		.argv = argv,
		.fds = fds,
		.n_fds = 3,
		.cpu = -1,
		.address_bytes = 64 << 20,
		.cpu_seconds = 5,
		.processes = 16,
	};

	(void)state;
	need_jail();
	assert_true(jail_start(&spec, &j, &err) < 0);
	assert_non_null(strstr(err.text, "execute the guest kernel"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Closed while it runs: no child is left, also no zombie. */
static void test_closing_kills(void **state)
{
	static const char *const argv[] = { "a", NULL };
	struct error err;
	struct jail j;
	int out[2];

	(void)state;
	need_jail();
	assert_int_equal(pipe(out), 0);
	assert_int_equal(start(&j, argv, out[1], &err), 0);
	jail_done(&j);
	jail_done(&j);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(out[0]);
	close(out[1]);
}

/* A server with thousands of clients: the first thousands of numbers are taken. */
static void test_many_descriptors(void **state)
{
	enum { MANY = 5000 };
	struct rlimit old, more;

	need_jail();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	more = (struct rlimit){ MANY + 100, old.rlim_max };
	if (old.rlim_max < MANY + 100 || setrlimit(RLIMIT_NOFILE, &more) < 0)
		skip();
	int first = dup(STDIN_FILENO), last = first;
	while (last < MANY)
		last = dup(STDIN_FILENO);
	test_runs(state);
	assert_int_equal(close_range((unsigned)first, (unsigned)last, 0), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void test_filters_are_there(void **state)
{
	(void)state;
	assert_true(filter_startup.n > filter_running.n);
	assert_true(filter_running.n > filter_keeper.n);
	assert_true(filter_keeper.n > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_closing_kills),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_filters_are_there),
	};

	return cmocka_run_group_tests_name("jail", tests, NULL, NULL);
}
