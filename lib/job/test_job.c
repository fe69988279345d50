/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/kv.h"
#include "image/image.h"
#include "job/job.h"
#include "job/json.h"
#include "job/result.h"
#include "sys/io.h"
#include "sys/memfd.h"

#include <cmocka.h>

static const char whole_exit[] =
	"outcome=exited\nstatus=3\nmessage=\nwall_us=1500\nuser_us=2\nsystem_us=3\npeak_bytes="
	"4\nskipped_more=0\n"
	"stamp_start=1\nstamp_ready=2\nstamp_exec=3\nstamp_end=4\nstamp_packed=5\n";

static char buffer[BUNDLE_BLOCK];

static void test_defaults_are_good(void **state)
{
	cleanup(job_freep) struct job *j = job_new();
	struct error err;

	(void)state;
	assert_int_equal(job_check(j, &err), 0);
}

static void test_bad_jobs(void **state)
{
	static const struct {
		const char *what;
		size_t offset;
		uint64_t value;
		const char *text;
	} limits[] = {
		{ "no time", offsetof(struct job_limits, timeout_ms), 0, "the time limit, 0 ms," },
		{ "too much time", offsetof(struct job_limits, timeout_ms), 3600001, "3600 s" },
		{ "no memory", offsetof(struct job_limits, memory_bytes), 1,
			"the memory limit, 1 B," },
		{ "no output", offsetof(struct job_limits, output_bytes), 0, "the output limit" },
		{ "too much input", offsetof(struct job_limits, input_bytes), (uint64_t)2 << 30,
			"the input limit" },
		{ "no tasks", offsetof(struct job_limits, pids), 0, "the limit of processes" },
		{ "no scratch", offsetof(struct job_limits, scratch_bytes), 0,
			"the scratch limit" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		cleanup(job_freep) struct job *j = job_new();
		struct error err = { "" };
		*(uint64_t *)(void *)((char *)&j->limits + limits[i].offset) = limits[i].value;
		assert_int_equal(job_check(j, &err), -EINVAL);
		assert_non_null(strstr(err.text, limits[i].text));
	}
}

static void expect_refused(struct job *j, const char *text)
{
	struct error err = { "" };

	assert_int_equal(job_check(j, &err), -EINVAL);
	assert_non_null(strstr(err.text, text));
}

static void test_bad_texts(void **state)
{
	cleanup(job_freep) struct job *j = job_new();

	(void)state;
	j->cwd = strdup("/a\nuser=root");
	expect_refused(j, "the working directory");
	free(j->cwd);
	j->cwd = NULL;
	j->hostname = strdup("a_b");
	expect_refused(j, "hostname 'a_b'");
	free(j->hostname);
	j->hostname = NULL;
	assert_int_equal(strv_add(&j->env, "NOVALUE"), 0);
	expect_refused(j, "environment 'NOVALUE'");
}

static void test_input_limit(void **state)
{
	cleanup(job_freep) struct job *j = job_new();
	struct error err;

	(void)state;
	j->limits.input_bytes = 10;
	assert_int_equal(job_add_file(j, "a", 0100644, strdup("0123456789"), 10, &err), 0);
	assert_int_equal(job_check(j, &err), 0);
	j->input = strdup("x");
	j->input_n = 1;
	expect_refused(j, "the input is 11 B, its limit is 10 B");
}

static void test_bad_file_names(void **state)
{
	static const char *const names[] = { "", ".", "..", "/etc/passwd", "a/../b", "a/" };
	cleanup(job_freep) struct job *j = job_new();
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_int_equal(job_add_file(j, names[i], 0100644, NULL, 0, &err), -EINVAL);
	assert_int_equal(j->n_files, 0);
}

/* The entry @name of the bundle @all. */
static struct span entry(struct span all, const char *name)
{
	struct bundle_reader r;
	struct bundle_entry e;

	bundle_reader_init(&r, all);
	while (bundle_next(&r, &e, NULL) > 0)
		if (span_equal(e.name, span_of(name)))
			return e.data;
	return (struct span){ "(none)", 6 };
}

static void test_pack(void **state)
{
	cleanup(job_freep) struct job *j = job_new();
	char name[] = "img", user[] = "www", cwd[] = "/srv", entry_point[] = "/ep",
	     command[] = "cmd", e1[] = "A=image", e2[] = "B=image";
	char *ep[] = { entry_point, NULL }, *cmd[] = { command, NULL }, *env[] = { e1, e2, NULL };
	const struct image img = { .name = name,
		.user = user,
		.cwd = cwd,
		.env = { env, 2 },
		.entrypoint = { ep, 1 },
		.cmd = { cmd, 1 } };
	struct error err;
	struct span all, v;
	cleanup_fd int fd = -1;

	(void)state;
	assert_int_equal(strv_add(&j->env, "B=job"), 0);
	assert_int_equal(job_add_file(j, "x/y", 0100755, strdup("data"), 4, &err), 0);
	j->user = strdup("7:8");
	assert_int_equal(job_pack(j, &img, NULL, &fd, &err), 0);
	const int frozen = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	assert_int_equal(fcntl(fd, F_GET_SEALS) & frozen, frozen);

	assert_int_equal(memfd_map(fd, &all), 0);
	assert_true(span_equal(entry(all, "argv"), SPAN_LITERAL("/ep\0cmd\0")));
	assert_true(span_equal(
		entry(all, "env"), SPAN_LITERAL("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/"
						"usr/bin:/sbin:/bin\0LANG=C.UTF-8\0"
						"A=image\0B=job\0")));
	assert_true(span_equal(entry(all, "dir/x/y"), SPAN_LITERAL("data")));
	assert_true(kv_get(entry(all, "config"), "user", &v) && span_equal(v, SPAN_LITERAL("7:8")));
	assert_true(kv_get(entry(all, "config"), "cwd", &v) && span_equal(v, SPAN_LITERAL("/srv")));
	assert_true(kv_get(entry(all, "config"), "timeout_ms", &v) &&
		    span_equal(v, SPAN_LITERAL("10000")));
	memfd_unmap(&all);
}

static void test_nothing_to_run(void **state)
{
	cleanup(job_freep) struct job *j = job_new();
	char name[] = "img";
	const struct image img = { .name = name };
	struct error err;
	int fd = -1;

	(void)state;
	assert_int_equal(job_pack(j, &img, NULL, &fd, &err), -EINVAL);
	assert_non_null(strstr(err.text, "'img'"));
	assert_int_equal(fd, -1);
}

/* A bundle as a guest would write it, with @exit as its record and two files. */
static int make_output(const char *exit, const char *second_name)
{
	struct bundle_writer w;
	int fd = memfd_new("test");

	bundle_writer_init(&w, fd, 1 << 20, buffer, sizeof buffer);
	assert_int_equal(bundle_add(&w, span_of("stdout"), 0644, SPAN_LITERAL("out\xff")), 0);
	assert_int_equal(bundle_add(&w, span_of("stderr"), 0644, SPAN_LITERAL("err")), 0);
	assert_int_equal(bundle_add(&w, span_of("dir/b"), 0755, SPAN_LITERAL("two")), 0);
	assert_int_equal(bundle_add(&w, span_of(second_name), 0644, SPAN_LITERAL("one")), 0);
	assert_int_equal(bundle_add(&w, span_of("skipped"), 0644, SPAN_LITERAL("fifo a b\0")), 0);
	if (exit)
		assert_int_equal(bundle_add(&w, span_of("exit"), 0644, span_of(exit)), 0);
	assert_int_equal(bundle_finish(&w), 0);
	return fd;
}

static void test_result(void **state)
{
	cleanup(result_freep) struct result *r = NULL;
	cleanup_fd int fd = make_output(whole_exit, "dir/a");
	struct error err;

	(void)state;
	assert_int_equal(result_read(fd, true, &r, &err), 0);
	assert_int_equal(r->outcome, RESULT_EXITED);
	assert_int_equal(r->status, 3);
	assert_int_equal(r->wall_us, 1500);
	assert_true(span_equal(r->err, SPAN_LITERAL("err")));
	assert_int_equal(r->n_files, 2);
	assert_true(span_equal(r->files[0].name, SPAN_LITERAL("a")));
	assert_true(span_equal(r->files[1].data, SPAN_LITERAL("two")));
	assert_int_equal(r->n_skipped, 1);
	assert_true(span_equal(r->skipped[0].reason, SPAN_LITERAL("fifo")));
	assert_true(span_equal(r->skipped[0].name, SPAN_LITERAL("a b")));
}

/* Somebody may still write to it: what is small is copied, what is large has to wait. */
static void test_result_that_may_change(void **state)
{
	cleanup(result_freep) struct result *r = NULL;
	cleanup_fd int fd = make_output(whole_exit, "dir/a");
	static const char more[512 << 10] = { 1 };
	struct result *none = NULL;
	struct error err;

	(void)state;
	assert_int_equal(result_read(fd, false, &r, &err), 0);
	assert_true(span_equal(r->err, SPAN_LITERAL("err")));
	assert_int_equal(io_pwrite(fd, more, sizeof more, 0), 0);
	assert_true(span_equal(r->err, SPAN_LITERAL("err")));
	assert_int_equal(result_read(fd, false, &none, &err), -EAGAIN);
	assert_null(none);
}

static void test_result_json(void **state)
{
	const struct result_origin origin = { "img", "sha256:00", "uml" };
	cleanup(result_freep) struct result *r = NULL;
	cleanup_fd int fd = make_output(whole_exit, "dir/a");
	struct error err;

	(void)state;
	assert_int_equal(result_read(fd, true, &r, &err), 0);
	json_t *o = result_to_json(r, &origin);
	assert_string_equal(json_string_value(json_object_get(o, "outcome")), "exited");
	assert_int_equal(json_integer_value(json_object_get(o, "code")), 3);
	assert_null(json_object_get(o, "stdout"));
	assert_string_equal(json_string_value(json_object_get(o, "stdout_base64")), "b3V0/w==");
	assert_string_equal(json_string_value(json_object_get(o, "stderr")), "err");
	assert_int_equal(json_array_size(json_object_get(o, "files")), 2);
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(o, "files"), 1), "mode")),
		"0755");
	json_decref(o);
}

static void expect_broken(int fd, const char *text)
{
	struct result *r = NULL;
	struct error err = { "" };

	assert_int_equal(result_read(fd, true, &r, &err), -EPROTO);
	assert_non_null(strstr(err.text, text));
	assert_null(r);
	close(fd);
}

static void test_broken_results(void **state)
{
	(void)state;
	expect_broken(make_output(NULL, "dir/a"), "no exit record");
	expect_broken(make_output("outcome=exited\n", "dir/a"), "no number");
	expect_broken(make_output(whole_exit, "dir/b"), "two files of one name");
	expect_broken(make_output(whole_exit, "etc"), "unknown entry 'etc'");
	expect_broken(make_output(whole_exit, "exit"), "");

	char text[sizeof whole_exit + 16];
	snprintf(text, sizeof text, "outcome=won%s", whole_exit + strlen("outcome=exited"));
	expect_broken(make_output(text, "dir/a"), "unknown outcome 'won'");
	snprintf(text, sizeof text, "outcome=signaled\nstatus=65%s",
		whole_exit + strlen("outcome=exited\nstatus=3"));
	expect_broken(make_output(text, "dir/a"), "no signal 65");
	expect_broken(memfd_new("empty"), "ends inside a header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_good),
		cmocka_unit_test(test_bad_jobs),
		cmocka_unit_test(test_bad_texts),
		cmocka_unit_test(test_input_limit),
		cmocka_unit_test(test_bad_file_names),
		cmocka_unit_test(test_pack),
		cmocka_unit_test(test_nothing_to_run),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_result_that_may_change),
		cmocka_unit_test(test_result_json),
		cmocka_unit_test(test_broken_results),
	};

	return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
