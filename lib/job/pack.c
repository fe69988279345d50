/* SPDX-License-Identifier: MIT */
/* A job as the input bundle that the guest's init reads. */
#include "job.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "image/image.h"
#include "sys/memfd.h"

enum { BUFFER = 64 << 10, INPUT_STEP = 1 << 20 };

/* The order matters: on a merged-usr image gcc found as /bin/gcc searches many more paths. */
static const char *const default_env[] = {
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
	"LANG=C.UTF-8",
};

static int merge_env(struct strv *ret, const struct job *j, const struct image *img)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof default_env / sizeof *default_env; i++)
		r = strv_add(ret, default_env[i]);
	for (size_t i = 0; r == 0 && i < img->env.n; i++)
		r = strv_set(ret, img->env.v[i]);
	for (size_t i = 0; r == 0 && i < j->env.n; i++)
		r = strv_set(ret, j->env.v[i]);
	return r;
}

/* As with other container tools: the entry point stays in front, arguments replace the image's
 * command. */
static int merge_argv(struct strv *ret, const struct job *j, const struct image *img)
{
	int r = strv_add_all(ret, &img->entrypoint);

	return r < 0 ? r : strv_add_all(ret, j->argv.n > 0 ? &j->argv : &img->cmd);
}

static int add_strings(struct bundle_writer *w, struct span name, const struct strv *l)
{
	cleanup_buf struct buf b = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		int r = buf_add(&b, l->v[i], strlen(l->v[i]) + 1);
		if (r < 0)
			return r;
	}
	return bundle_add(w, name, 0600, buf_span(&b));
}

static const char *first_of(const char *a, const char *b, const char *c)
{
	if (a && *a)
		return a;
	return b && *b ? b : c;
}

/* Each file and directory takes a page of tmpfs at least. In whole MiB: then most jobs, which are
 * small, have the same. */
static uint64_t room_for_input(const struct job *j)
{
	uint64_t bytes = job_input_size(j) + (j->n_files + 16) * 3 * BUNDLE_BLOCK;

	return (bytes + INPUT_STEP - 1) / INPUT_STEP * INPUT_STEP;
}

static int write_config(
	struct buf *to, const struct job *j, const struct image *img, const struct job_notes *notes)
{
	const struct job_limits *l = &j->limits;

	return buf_addf(to,
		"timeout_ms=%llu\nmemory_bytes=%llu\noutput_bytes=%llu\nscratch_bytes=%llu\ninput_"
		"bytes=%llu\npids_max=%llu\n"
		"data_disks=%zu\nbundle_bytes=%llu\nlive=%d\nrecord=%d\ncwd=%s\nuser=%s\nhostname=%"
		"s\n",
		(unsigned long long)l->timeout_ms, (unsigned long long)l->memory_bytes,
		(unsigned long long)l->output_bytes, (unsigned long long)l->scratch_bytes,
		(unsigned long long)room_for_input(j), (unsigned long long)l->pids, img->n_data_fds,
		(unsigned long long)notes->bundle_bytes, notes->live, notes->record,
		first_of(j->cwd, img->cwd, "/input"), first_of(j->user, img->user, ""),
		first_of(j->hostname, NULL, "pe"));
}

int job_usual_config(struct buf *ret)
{
	static const struct image plain;
	const struct job_notes notes = { 0 };
	cleanup(job_freep) struct job *job = job_new();

	return job ? write_config(ret, job, &plain, &notes) : -ENOMEM;
}

static int add_config(struct bundle_writer *w, const struct job *j, const struct image *img,
	const struct job_notes *notes)
{
	cleanup_buf struct buf b = { 0 };

	int r = write_config(&b, j, img, notes);
	return r < 0 ? r : bundle_add(w, SPAN_LITERAL("config"), 0600, buf_span(&b));
}

static int add_files(struct bundle_writer *w, const struct job *j)
{
	char name[BUNDLE_NAME_MAX + 1];

	for (size_t i = 0; i < j->n_files; i++) {
		const struct job_file *f = &j->files[i];
		int n = snprintf(name, sizeof name, "dir/%s", f->name);
		struct span path = { name, (size_t)n };
		int r = S_ISDIR(f->mode)
				? bundle_add_dir(w, path, f->mode)
				: bundle_add(w, path, f->mode, (struct span){ f->data, f->n });
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_bundle(int fd, const struct job *j, const struct image *img,
	const struct job_notes *notes, const struct strv *argv, const struct strv *env)
{
	cleanup_free char *buffer = malloc(BUFFER);
	struct bundle_writer w;

	if (!buffer)
		return -ENOMEM;
	bundle_writer_init(&w, fd, BUNDLE_DATA_MAX, buffer, BUFFER);
	int r = add_config(&w, j, img, notes);
	if (r == 0)
		r = add_strings(&w, SPAN_LITERAL("argv"), argv);
	if (r == 0)
		r = add_strings(&w, SPAN_LITERAL("env"), env);
	if (r == 0)
		r = bundle_add(
			&w, SPAN_LITERAL("stdin"), 0600, (struct span){ j->input, j->input_n });
	if (r == 0)
		r = add_files(&w, j);
	return r < 0 ? r : bundle_finish(&w);
}

int job_pack(const struct job *j, const struct image *img, const struct job_notes *notes,
	int *ret_fd, struct error *err)
{
	static const struct job_notes none = { 0 };
	cleanup_strv struct strv argv = { 0 };
	cleanup_strv struct strv env = { 0 };

	int r = merge_argv(&argv, j, img);
	if (r == 0)
		r = merge_env(&env, j, img);
	if (r < 0)
		return fail(err, r, "pack the job");
	if (argv.n == 0)
		return refuse(err, -EINVAL,
			"nothing to run: image '%s' names no command of its own", img->name);

	cleanup_fd int fd = memfd_new("input");
	if (fd < 0)
		return fail(err, fd, "make the input bundle");
	r = write_bundle(fd, j, img, notes ? notes : &none, &argv, &env);
	if (r == 0)
		r = memfd_freeze(fd);
	if (r < 0)
		return fail(err, r, "write the input bundle");
	*ret_fd = take_fd(fd);
	return 0;
}
