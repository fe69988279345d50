/* SPDX-License-Identifier: MIT */
#include "key.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "job/job.h"

#define FORM   "program-explorer-key 1\n"
#define ENGINE "engine uml\n"

enum { SHA256_BYTES = 32 };

static int sha256_hex(struct span s, char ret[KEY_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[SHA256_BYTES];

	if (EVP_Digest(s.n ? s.p : "", s.n, sum, NULL, EVP_sha256(), NULL) != 1)
		return -ENOMEM;
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[KEY_DIGITS] = '\0';
	return 0;
}

bool key_valid(struct span s)
{
	if (s.n != KEY_DIGITS)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] >= '0' && s.p[i] <= '9') && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return true;
}

int key_check_digest(const char *image_digest, struct error *err)
{
	static const struct span prefix = SPAN_LITERAL("sha256:");
	struct span s = span_of(image_digest);

	if (span_starts(s, prefix) && key_valid(span_skip(s, prefix.n)))
		return 0;
	return refuse(err, -EINVAL,
		"image digest '%.80s' is not 'sha256:' and 64 lower-case hexadecimal digits",
		image_digest);
}

/* "word N:bytes\n", or "N:bytes\n" without a word. */
static int add_string(struct buf *to, const char *word, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	int r = buf_addf(to, "%s%s%zu:", word ? word : "", word ? " " : "", n);
	if (r == 0)
		r = buf_add(to, s ? s : "", n);
	return r < 0 ? r : buf_add(to, "\n", 1);
}

static int add_list(struct buf *to, const char *word, char *const *v, size_t n)
{
	int r = buf_addf(to, "%s %zu\n", word, n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_string(to, NULL, v[i]);
	return r;
}

/* strcmp() compares bytes as unsigned, whatever the locale. */
static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_env(struct buf *to, const struct strv *env)
{
	cleanup_free char **sorted = calloc(env->n + 1, sizeof *sorted);

	if (!sorted)
		return -ENOMEM;
	if (env->n > 0) {
		memcpy(sorted, env->v, env->n * sizeof *sorted);
		qsort(sorted, env->n, sizeof *sorted, compare_strings);
	}
	return add_list(to, "env", sorted, env->n);
}

static int add_stdin(struct buf *to, const struct job *j)
{
	char sum[KEY_SIZE];
	int r = sha256_hex((struct span){ j->input, j->input_n }, sum);

	return r < 0 ? r : buf_addf(to, "stdin %s\n", sum);
}

/* Of two files with one name the later one counts in the guest, so they keep their order. */
static int compare_files(const void *a, const void *b)
{
	const struct job_file *const *f = a, *const *g = b;
	int order = strcmp((*f)->name, (*g)->name);

	if (order != 0)
		return order;
	return *f < *g ? -1 : *f > *g;
}

static int add_file(struct buf *to, const struct job_file *f)
{
	char sum[KEY_SIZE] = "dir";
	int r = S_ISDIR(f->mode) ? 0 : sha256_hex((struct span){ f->data, f->n }, sum);

	if (r == 0)
		r = buf_addf(to, "%o %s ", (unsigned)f->mode & 07777, sum);
	return r < 0 ? r : add_string(to, NULL, f->name);
}

static int add_files(struct buf *to, const struct job *j)
{
	cleanup_free const struct job_file **sorted = calloc(j->n_files + 1, sizeof *sorted);

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < j->n_files; i++)
		sorted[i] = &j->files[i];
	qsort(sorted, j->n_files, sizeof *sorted, compare_files);

	int r = buf_addf(to, "files %zu\n", j->n_files);
	for (size_t i = 0; r == 0 && i < j->n_files; i++)
		r = add_file(to, sorted[i]);
	return r;
}

static int add_limits(struct buf *to, const struct job_limits *l)
{
	return buf_addf(to, "limits %llu %llu %llu %llu %llu\n", (unsigned long long)l->timeout_ms,
		(unsigned long long)l->memory_bytes, (unsigned long long)l->output_bytes,
		(unsigned long long)l->scratch_bytes, (unsigned long long)l->pids);
}

int key_canonical(const struct job *job, const char *image_digest, struct buf *to)
{
	int r = key_check_digest(image_digest, NULL);
	if (r == 0)
		r = buf_addf(to, FORM "image %s\n", image_digest);
	if (r == 0)
		r = add_list(to, "argv", job->argv.v, job->argv.n);
	if (r == 0)
		r = add_env(to, &job->env);
	if (r == 0)
		r = add_string(to, "cwd", job->cwd);
	if (r == 0)
		r = add_string(to, "user", job->user);
	if (r == 0)
		r = add_string(to, "hostname", job->hostname);
	if (r == 0)
		r = add_stdin(to, job);
	if (r == 0)
		r = add_files(to, job);
	if (r == 0)
		r = add_limits(to, &job->limits);
	return r < 0 ? r : buf_add(to, ENGINE, sizeof ENGINE - 1);
}

int key_compute(const struct job *job, const char *image_digest, char ret[KEY_SIZE])
{
	cleanup_buf struct buf form = { 0 };
	int r = key_canonical(job, image_digest, &form);

	return r < 0 ? r : sha256_hex(buf_span(&form), ret);
}
