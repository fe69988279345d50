/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "distribution.h"
#include "notes.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "tool/tool.h"

#include <cmocka.h>

static const struct distribution bookworm = { (char[]){ "debian" }, (char[]){ "bookworm" } };

static int read_os_release(const char *text, struct distribution *d, struct error *err)
{
	char path[] = "/tmp/test-rootfs-XXXXXX";
	cleanup_fd int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, strlen(text)), 0);
	int r = distribution_read(d, path, err);
	unlink(path);
	return r;
}

static void test_distribution(void **state)
{
	cleanup(distribution_done) struct distribution d = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(
		read_os_release("PRETTY_NAME=\"Debian\"\nID=debian\nVERSION_CODENAME=\"bookworm\"\n"
				"ID_LIKE=x\n",
			&d, &err),
		0);
	assert_string_equal(d.id, "debian");
	assert_string_equal(d.codename, "bookworm");

	struct distribution none = { 0 };
	assert_int_equal(read_os_release("ID=arch\nVERSION_CODENAME=\n", &none, &err), -ENOENT);
	assert_non_null(strstr(err.text, "has no VERSION_CODENAME"));
	assert_int_equal(read_os_release("", &none, &err), -ENOENT);
	assert_non_null(strstr(err.text, "has no ID"));
	assert_int_equal(distribution_read(&none, "/nowhere", &err), -ENOENT);
	assert_null(none.id);
}

static void check_sources(const char *text, const char *expected)
{
	cleanup_strv struct strv sources = { 0 };
	cleanup_buf struct buf all = { 0 };

	assert_int_equal(sources_parse(&bookworm, span_of(text), &sources), 0);
	for (size_t i = 0; i < sources.n; i++)
		assert_int_equal(buf_addf(&all, "%s\n", sources.v[i]), 0);
	assert_int_equal(buf_add(&all, "", 1), 0);
	assert_string_equal(all.p, expected);
}

static void test_sources(void **state)
{
	(void)state;
	check_sources("", "");
	check_sources(
		"http://a/debian/ bookworm main bookworm Debian\n"
		"http://a/debian/ bookworm main bookworm Debian\n"
		"http://a/debian/ oldstable contrib bookworm Debian\n"
		"http://a/debian/ bookworm-updates main bookworm-updates Debian\n"
		"http://a/security/ bookworm-security main bookworm-security Debian\n"
		"http://a/debian/ bookworm-backports main bookworm-backports Debian Backports\n"
		"http://a/debian/ sid main sid Debian\n"
		"http://b/ bookworm main bookworm Somebody Else\n"
		"http://c/ bookworm\n",
		"deb http://a/debian/ bookworm main\n"
		"deb http://a/debian/ oldstable contrib\n"
		"deb http://a/debian/ bookworm-updates main\n"
		"deb http://a/security/ bookworm-security main\n");
}

/* Before the first apt-get update, apt does not know whose archive is whose. */
static void test_sources_without_release(void **state)
{
	(void)state;
	check_sources("http://a/ bookworm main $(CODENAME) $(ORIGIN)\n"
		      "http://a/ bookworm-updates main $(CODENAME) $(ORIGIN)\n"
		      "http://b/ bookworm stable $(CODENAME) $(ORIGIN)\n"
		      "http://c/ bookworm-pgdg main $(CODENAME) $(ORIGIN)\n",
		"deb http://a/ bookworm main\n"
		"deb http://a/ bookworm-updates main\n");
}

static void test_proxies(void **state)
{
	cleanup_strv struct strv proxies = { 0 };

	(void)state;
	assert_int_equal(proxies_parse(span_of("Acquire \"\"\n"
					       "Acquire::http::Timeout \"3\"\n"
					       "Acquire::http::Proxy \"http://a:1\"\n"
					       "Acquire::https::Proxy::b \"DIRECT\"\n"
					       "Acquire::ftp::Proxy \"\"\n"
					       "APT::Proxy \"x\"\n"),
				 &proxies),
		0);
	assert_int_equal(proxies.n, 2);
	assert_string_equal(proxies.v[0], "Acquire::http::Proxy \"http://a:1\"");
	assert_string_equal(proxies.v[1], "Acquire::https::Proxy::b \"DIRECT\"");
}

static int run(const struct tool_run *t, const char *script, struct buf *output, struct error *err)
{
	cleanup_strv struct strv argv = { 0 };

	strv_add(&argv, "sh");
	strv_add(&argv, "-c");
	strv_add(&argv, script);
	return tool_run(t, &argv, output, err);
}

static void test_tool(void **state)
{
	cleanup_fd int log = memfd_new("log");
	const struct tool_run t = { .log_fd = log };
	cleanup_buf struct buf out = { 0 }, logged = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(run(&t, "echo out; echo err >&2; cat", &out, &err), 0);
	assert_int_equal(out.n, 4);
	assert_memory_equal(out.p, "out\n", 4);
	assert_int_equal(run(&t, "echo more", NULL, &err), 0);
	assert_int_equal(lseek(log, 0, SEEK_SET), 0);
	assert_int_equal(io_read_all(log, 100, &logged), 0);
	assert_int_equal(logged.n, 9);
	assert_memory_equal(logged.p, "err\nmore\n", 9);

	assert_int_equal(run(&t, "exit 3", NULL, &err), -EIO);
	assert_string_equal(err.text, "'sh' failed with exit status 3");
	assert_int_equal(run(&t, "kill -9 $$", NULL, &err), -EIO);
	assert_string_equal(err.text, "'sh' was ended by signal 9");
}

static void test_tool_missing(void **state)
{
	const struct tool_run t = { .log_fd = -1 };
	cleanup_strv struct strv argv = { 0 };
	struct error err = { "" };

	(void)state;
	strv_add(&argv, "no-such-tool");
	assert_int_equal(tool_run(&t, &argv, NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no-such-tool"));

	assert_int_equal(tool_check("sh", &err), 0);
	const char *old = getenv("PATH");
	cleanup_free char *path = strdup(old ? old : "/bin");

	assert_non_null(path);
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(tool_check("newuidmap", &err), -ENOENT);
	assert_string_equal(
		err.text, "'newuidmap' is missing; this installs it: apt-get install uidmap");
	setenv("PATH", path, 1);
}

static void test_tool_stopped(void **state)
{
	cleanup_fd int stop = eventfd(1, EFD_CLOEXEC);
	const struct tool_watch watch = { .cancel_fd = stop };
	const struct tool_run t = { .watch = &watch, .log_fd = -1 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(run(&t, "exec sleep 60", NULL, &err), -ECANCELED);
}

/* The notes of a recipe, carried out by a shell whose chroot is a function that writes down what it
 * is told. */
static void test_notes(void **state)
{
	char *setup[] = { (char[]){ "echo 'it''s' \"$HOME\"" } };
	struct recipe_file file = { .path = (char[]){ "/etc/it's" },
		.content = (char[]){ "content\n" },
		.mode = (char[]){ "0600" } };
	const struct recipe recipe = {
		.name = (char[]){ "x" }, .setup = { setup, 1 }, .files = { &file, 1 }
	};
	const struct tool_run t = { .log_fd = -1 };
	cleanup_free char *path = NULL;
	cleanup_buf struct buf out = { 0 };
	struct error err = { "" };

	(void)state;
	assert_int_equal(notes_write(&recipe, &path, &err), 0);
	setenv(NOTES_ENV, path, 1);
	assert_int_equal(run(&t,
				 "chroot() { shift 5; printf '<%s>' \"$@\"; cat </dev/stdin; }\n"
				 "set -- /new; . \"$" NOTES_ENV "/script\"",
				 &out, &err),
		0);
	notes_remove(path);
	assert_int_equal(buf_add(&out, "", 1), 0);
	assert_non_null(strstr(out.p, "user:x:1000:1000::/home/user:/bin/sh\n"));
	assert_non_null(strstr(out.p, "</etc/it's><0600>content\n"));
	assert_non_null(strstr(out.p, "<sh><-ec><echo 'it''s' \"$HOME\">"));
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_sources_without_release),
		cmocka_unit_test(test_proxies),
		cmocka_unit_test(test_tool),
		cmocka_unit_test(test_tool_missing),
		cmocka_unit_test(test_tool_stopped),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests_name("rootfs", tests, NULL, NULL);
}
