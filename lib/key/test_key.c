/* SPDX-License-Identifier: MIT */
/* Run from the top of the tree: the vectors are made by tests/vectors/make-key-vectors, which
 * shares nothing with us.
 */
#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "job/job.h"
#include "key/key.h"

#include <cmocka.h>

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct buf unbase64(const char *text)
{
	struct buf b = { 0 };
	size_t n = strlen(text), padding = 0;
	char *out = malloc(n / 4 * 3 + 1);

	assert_non_null(out);
	while (padding < n && text[n - 1 - padding] == '=')
		padding++;
	int got = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)text, (int)n);
	assert_true(got >= 0);
	b.p = out;
	b.n = (size_t)got - padding;
	return b;
}

static struct buf contents(json_t *of, const char *text, const char *binary)
{
	const char *base64 = json_string_value(json_object_get(of, binary));
	json_t *plain = json_object_get(of, text);
	struct buf b = { 0 };

	if (base64)
		return unbase64(base64);
	if (plain)
		assert_int_equal(
			buf_add(&b, json_string_value(plain), json_string_length(plain)), 0);
	return b;
}

static char *copy_of(json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? strdup(s) : NULL;
}

static void read_files(struct job *j, json_t *o)
{
	size_t i;
	json_t *file;

	json_array_foreach(json_object_get(o, "files"), i, file)
	{
		struct buf data = contents(file, "text", "base64");
		json_t *mode = json_object_get(file, "mode");
		mode_t bits = mode ? (mode_t)json_integer_value(mode) : 0644;

		assert_int_equal(job_add_file(j, json_string_value(json_object_get(file, "name")),
					 S_IFREG | bits, data.p, data.n, NULL),
			0);
	}
}

static void read_limits(struct job_limits *l, json_t *o)
{
	const struct {
		const char *name;
		uint64_t *to;
	} rows[] = {
		{ "timeout_ms", &l->timeout_ms },
		{ "memory_bytes", &l->memory_bytes },
		{ "output_bytes", &l->output_bytes },
		{ "scratch_bytes", &l->scratch_bytes },
		{ "pids", &l->pids },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		json_t *v = json_object_get(o, rows[i].name);
		if (v)
			*rows[i].to = (uint64_t)json_integer_value(v);
	}
}

static struct job *read_job(json_t *o)
{
	struct job *j = job_new();
	size_t i;
	const char *name;
	json_t *v;

	assert_non_null(j);
	json_array_foreach(json_object_get(o, "argv"), i, v)
		strv_add(&j->argv, json_string_value(v));
	json_object_foreach(json_object_get(o, "env"), name, v)
		strv_addf(&j->env, "%s=%s", name, json_string_value(v));
	j->cwd = copy_of(o, "cwd");
	j->user = copy_of(o, "user");
	j->hostname = copy_of(o, "hostname");
	struct buf input = contents(o, "stdin", "stdin_base64");
	j->input = input.p;
	j->input_n = input.n;
	read_files(j, o);
	read_limits(&j->limits, json_object_get(o, "limits"));
	return j;
}

static void check_vector(json_t *vector)
{
	const char *what = json_string_value(json_object_get(vector, "what"));
	const char *digest = json_string_value(json_object_get(vector, "image_digest"));
	cleanup(job_freep) struct job *j = read_job(json_object_get(vector, "job"));
	cleanup_buf struct buf form = { 0 };
	cleanup_buf struct buf expect =
		unbase64(json_string_value(json_object_get(vector, "canonical_base64")));
	char key[KEY_SIZE];

	assert_int_equal(key_canonical(j, digest, &form), 0);
	if (!span_equal(buf_span(&form), buf_span(&expect)))
		fail_msg("%s:\n%.*s\ninstead of\n%.*s", what, (int)form.n, form.p, (int)expect.n,
			expect.p);
	assert_int_equal(key_compute(j, digest, key), 0);
	assert_string_equal(key, json_string_value(json_object_get(vector, "key")));
}

static void test_vectors(void **state)
{
	json_error_t e;
	json_t *all = json_load_file("tests/vectors/key.json", 0, &e);
	size_t i;
	json_t *vector;

	(void)state;
	if (!all)
		fail_msg("%s:%d: %s", e.source, e.line, e.text);
	assert_true(json_array_size(all) >= 16);
	json_array_foreach(all, i, vector) check_vector(vector);
	json_decref(all);
}

static void key_of(const struct job *j, char key[KEY_SIZE])
{
	assert_int_equal(key_compute(j, DIGEST, key), 0);
	assert_true(key_valid(span_of(key)));
}

static void test_order_does_not_count(void **state)
{
	cleanup(job_freep) struct job *a = job_new();
	cleanup(job_freep) struct job *b = job_new();
	char one[KEY_SIZE], two[KEY_SIZE];

	(void)state;
	strv_add(&a->env, "A=1");
	strv_add(&a->env, "B=2");
	strv_add(&b->env, "B=2");
	strv_add(&b->env, "A=1");
	job_add_file(a, "x", S_IFREG | 0644, strdup("1"), 1, NULL);
	job_add_file(a, "dir", S_IFDIR | 0755, NULL, 0, NULL);
	job_add_file(b, "dir", S_IFDIR | 0755, NULL, 0, NULL);
	job_add_file(b, "x", S_IFREG | 0644, strdup("1"), 1, NULL);
	key_of(a, one);
	key_of(b, two);
	assert_string_equal(one, two);
}

/* What a person may leave out is the same as what it stands for. */
static void test_empty_is_absent(void **state)
{
	cleanup(job_freep) struct job *a = job_new();
	cleanup(job_freep) struct job *b = job_new();
	char one[KEY_SIZE], two[KEY_SIZE];

	(void)state;
	b->cwd = strdup("");
	b->user = strdup("");
	b->input = strdup("");
	key_of(a, one);
	key_of(b, two);
	assert_string_equal(one, two);
}

static void set_argv(struct job *j)
{
	strv_add(&j->argv, "");
}

static void set_env(struct job *j)
{
	strv_add(&j->env, "A=1");
}

static void set_cwd(struct job *j)
{
	j->cwd = strdup("/tmp");
}

static void set_user(struct job *j)
{
	j->user = strdup("/tmp");
}

static void set_hostname(struct job *j)
{
	j->hostname = strdup("/tmp");
}

static void set_stdin(struct job *j)
{
	j->input = strdup("x");
	j->input_n = 1;
}

static void set_file(struct job *j)
{
	job_add_file(j, "x", S_IFREG | 0644, strdup("x"), 1, NULL);
}

static void set_mode(struct job *j)
{
	job_add_file(j, "x", S_IFREG | 0755, strdup("x"), 1, NULL);
}

static void set_dir(struct job *j)
{
	job_add_file(j, "x", S_IFDIR | 0755, NULL, 0, NULL);
}

static void set_timeout(struct job *j)
{
	j->limits.timeout_ms++;
}

static void set_memory(struct job *j)
{
	j->limits.memory_bytes++;
}

static void set_output(struct job *j)
{
	j->limits.output_bytes++;
}

static void set_scratch(struct job *j)
{
	j->limits.scratch_bytes++;
}

static void set_pids(struct job *j)
{
	j->limits.pids++;
}

/* Each changes one thing; no two may meet. */
static void test_everything_counts(void **state)
{
	static void (*const changes[])(struct job *) = { set_argv, set_env, set_cwd, set_user,
		set_hostname, set_stdin, set_file, set_mode, set_dir, set_timeout, set_memory,
		set_output, set_scratch, set_pids };
	enum { N = sizeof changes / sizeof *changes };
	char keys[N + 1][KEY_SIZE];

	(void)state;
	for (size_t i = 0; i <= N; i++) {
		cleanup(job_freep) struct job *j = job_new();

		if (i < N)
			changes[i](j);
		key_of(j, keys[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i], keys[k]);
	}
}

/* Only runs of one kernel and engine are compared, and what a job may bring in changes no result.
 */
static void test_input_limit_does_not_count(void **state)
{
	cleanup(job_freep) struct job *a = job_new();
	cleanup(job_freep) struct job *b = job_new();
	char one[KEY_SIZE], two[KEY_SIZE];

	(void)state;
	b->limits.input_bytes /= 2;
	key_of(a, one);
	key_of(b, two);
	assert_string_equal(one, two);
}

static void test_digests_and_keys(void **state)
{
	static const char *const bad[] = { "", "sha256:", "gcc", "sha512:" DIGEST,
		"sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		DIGEST "0" };
	cleanup(job_freep) struct job *j = job_new();
	char key[KEY_SIZE];
	struct error err;

	(void)state;
	assert_int_equal(key_check_digest(DIGEST, &err), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(key_check_digest(bad[i], &err), -EINVAL);
		assert_non_null(strstr(err.text, "image digest '"));
		assert_int_equal(key_compute(j, bad[i], key), -EINVAL);
	}
	assert_false(key_valid(SPAN_LITERAL("")));
	assert_false(key_valid(span_of(DIGEST)));
	assert_true(key_valid(span_skip(span_of(DIGEST), 7)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_order_does_not_count),
		cmocka_unit_test(test_empty_is_absent),
		cmocka_unit_test(test_everything_counts),
		cmocka_unit_test(test_input_limit_does_not_count),
		cmocka_unit_test(test_digests_and_keys),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
