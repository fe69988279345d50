/* SPDX-License-Identifier: MIT */
/* A directory stands for the group: no host of a test hands one out. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail/settle.h"
#include "sys/io.h"

#include <cmocka.h>

static char group[64];

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", group, name);
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
}

static void assert_has(const char *name, const char *text)
{
	char path[128], got[64] = "";

	snprintf(path, sizeof path, "%s/%s", group, name);
	cleanup_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_true(io_read(fd, got, sizeof got - 1) >= 0);
	assert_string_equal(got, text);
}

static int make_group(void **state)
{
	(void)state;
	snprintf(group, sizeof group, "/tmp/pe-test-settle-XXXXXX");
	return mkdtemp(group) ? 0 : -1;
}

static int remove_group(void **state)
{
	static const char *const names[] = { "service/cgroup.procs", "cgroup.controllers",
		"cgroup.subtree_control" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", group, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/service", group);
	rmdir(path);
	return rmdir(group);
}

static void test_moves_and_hands_out(void **state)
{
	char path[128];
	struct error err = { "" };

	(void)state;
	put("cgroup.controllers", "cpuset cpu io memory pids\n");
	put("cgroup.subtree_control", "");
	/* The kernel would make this file with the directory. */
	snprintf(path, sizeof path, "%s/service", group);
	assert_int_equal(mkdir(path, 0755), 0);
	put("service/cgroup.procs", "");
	assert_int_equal(cgroup_settle_at(group, &err), 1);
	assert_has("service/cgroup.procs", "0");
	assert_has("cgroup.subtree_control", "+memory +pids");
}

static void test_nothing_to_hand_out(void **state)
{
	static const char *const lacking[] = { "", "\n", "cpu io memory\n", "pids\n",
		"memoryx pids\n" };
	struct error err = { "" };

	(void)state;
	assert_int_equal(cgroup_settle_at(group, &err), 0);
	for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
		put("cgroup.controllers", lacking[i]);
		assert_int_equal(cgroup_settle_at(group, &err), 0);
	}
}

static void test_says_what_failed(void **state)
{
	struct error err = { "" };

	(void)state;
	put("cgroup.controllers", "memory pids\n");
	assert_int_equal(cgroup_settle_at(group, &err), -ENOENT);
	assert_non_null(strstr(err.text, "service/cgroup.procs'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_moves_and_hands_out, make_group, remove_group),
		cmocka_unit_test_setup_teardown(test_nothing_to_hand_out, make_group, remove_group),
		cmocka_unit_test_setup_teardown(test_says_what_failed, make_group, remove_group),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
