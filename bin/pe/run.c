/* SPDX-License-Identifier: MIT */
#include "pe.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/parse.h"
#include "image/image.h"
#include "inputs.h"
#include "job/job.h"
#include "job/json.h"
#include "job/result.h"
#include "outputs.h"
#include "run.h"
#include "run/run.h"
#include "sys/io.h"
#include "vm/templates.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

enum { NOTES_MAX = 20 };

/* Says @err and gives the value that makes options_read() stop. */
static int said(const struct error *err)
{
	pe_say("run: %s", err->text);
	return -EINVAL;
}

static int set_file(void *ctx, const char *value)
{
	struct error err;

	return inputs_add_file(((struct run_options *)ctx)->job, value, &err) < 0 ? said(&err) : 0;
}

static int set_dir(void *ctx, const char *value)
{
	struct error err;

	return inputs_add_dir(((struct run_options *)ctx)->job, value, &err) < 0 ? said(&err) : 0;
}

static int set_stdin(void *ctx, const char *value)
{
	struct error err;

	return inputs_set_stdin(((struct run_options *)ctx)->job, value, &err) < 0 ? said(&err) : 0;
}

static int set_env(void *ctx, const char *value)
{
	return strv_set(&((struct run_options *)ctx)->job->env, value);
}

static int set_text(char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
	return *to ? 0 : -ENOMEM;
}

static int set_cwd(void *ctx, const char *value)
{
	return set_text(&((struct run_options *)ctx)->job->cwd, value);
}

static int set_user(void *ctx, const char *value)
{
	return set_text(&((struct run_options *)ctx)->job->user, value);
}

static int set_hostname(void *ctx, const char *value)
{
	return set_text(&((struct run_options *)ctx)->job->hostname, value);
}

static int set_outdir(void *ctx, const char *value)
{
	((struct run_options *)ctx)->outdir = value;
	return 0;
}

static int set_timeout(void *ctx, const char *value)
{
	if (parse_duration_ms(
		    span_of(value), &((struct run_options *)ctx)->job->limits.timeout_ms) == 0)
		return 0;
	pe_say("run: time limit '%s' is not a time (10, 2.5, 500ms, 1m)", value);
	return -EINVAL;
}

static int set_size(uint64_t *to, const char *what, const char *value)
{
	if (parse_size(span_of(value), to) == 0)
		return 0;
	pe_say("run: %s '%s' is not a size (512M, 1G)", what, value);
	return -EINVAL;
}

static int set_memory(void *ctx, const char *value)
{
	return set_size(
		&((struct run_options *)ctx)->job->limits.memory_bytes, "memory limit", value);
}

static int set_max_input(void *ctx, const char *value)
{
	return set_size(
		&((struct run_options *)ctx)->job->limits.input_bytes, "input limit", value);
}

static int set_max_output(void *ctx, const char *value)
{
	return set_size(
		&((struct run_options *)ctx)->job->limits.output_bytes, "output limit", value);
}

static int set_scratch(void *ctx, const char *value)
{
	return set_size(
		&((struct run_options *)ctx)->job->limits.scratch_bytes, "scratch limit", value);
}

static int set_pids(void *ctx, const char *value)
{
	if (parse_u64(span_of(value), UINT32_MAX, &((struct run_options *)ctx)->job->limits.pids) ==
		0)
		return 0;
	pe_say("run: limit of processes '%s' is not a number", value);
	return -EINVAL;
}

static int set_kernel(void *ctx, const char *value)
{
	((struct run_options *)ctx)->kernel = value;
	return 0;
}

static int set_store(void *ctx, const char *value)
{
	((struct run_options *)ctx)->store = value;
	return 0;
}

static int set_json(void *ctx, const char *value)
{
	(void)value;
	((struct run_options *)ctx)->json = true;
	return 0;
}

static int set_cold(void *ctx, const char *value)
{
	(void)value;
	((struct run_options *)ctx)->cold = true;
	return 0;
}

static int set_trace(void *ctx, const char *value)
{
	(void)value;
	((struct run_options *)ctx)->trace = true;
	return 0;
}

static int set_weak(void *ctx, const char *value)
{
	(void)value;
	((struct run_options *)ctx)->weak_jail = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 'f', "file", "[NAME=]FILE", "put FILE into /input, under NAME; may be repeated",
		set_file },
	{ 'd', "dir", "DIR", "put what is in DIR into /input; may be repeated", set_dir },
	{ 'i', "stdin", "FILE", "standard input; - for that of pe (default: empty)", set_stdin },
	{ 'e', "env", "K=V", "set an environment variable; may be repeated", set_env },
	{ 'C', "cwd", "DIR", "working directory (default: the image's, else /input)", set_cwd },
	{ 'u', "user", "USER", "name or number, [:GROUP] (default: the image's, else 1000)",
		set_user },
	{ 'o', "output", "DIR", "write what was left in /output to DIR", set_outdir },
	{ 't', "timeout", "SECONDS", "wall clock limit: 10, 2.5, 500ms, 1m (default: 10)",
		set_timeout },
	{ 'm', "memory", "SIZE", "memory limit (default: 1G)", set_memory },
	{ 0, "max-input", "SIZE", "limit of files and stdin (default: 16M)", set_max_input },
	{ 0, "max-output", "SIZE", "limit of stdout, stderr and files (default: 16M)",
		set_max_output },
	{ 0, "scratch", "SIZE", "limit of /tmp and all else that is written (default: 64M)",
		set_scratch },
	{ 0, "pids", "N", "limit of processes and threads (default: 256)", set_pids },
	{ 0, "hostname", "NAME", "what the machine is called (default: pe)", set_hostname },
	{ 0, "json", NULL, "print the whole result as one JSON object", set_json },
	{ 0, "cold", NULL, "boot a VM, even where there is a template", set_cold },
	{ 0, "trace", NULL, "say on stderr where the time went", set_trace },
	{ 0, "kernel", "DIR", "guest kernel (default: $PE_KERNEL, else the cache)", set_kernel },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0, "allow-weak-jail", NULL,
		"run even where the host cannot give all of the jail ('pe doctor')", set_weak },
	{ 0 },
};

const struct command run_command = {
	.name = "run",
	.synopsis = "run [OPTIONS] IMAGE [--] [ARGV...]",
	.summary = "Run a program of an image in a fresh VM that lives for this one run.",
	.options = rows,
	.details =
		"Files given with -f and -d are in /input, where the program starts. What it "
		"leaves in /output comes\n"
		"back with -o or --json. Without ARGV the image's own command runs. There is no "
		"network.\n\n"
		"Exit status: the program's; 128+N when signal N ended it; 124 time limit; 125 pe "
		"or its VM failed,\n"
		"or the job cannot be run; 126 not executable; 127 not found; 137 out of memory; "
		"153 output limit;\n"
		"2 wrong use.\n\n"
		"Examples:\n"
		"  pe run -f hello.c gcc -- sh -c 'gcc hello.c -o /output/hello && /output/hello'\n"
		"  pe run -i data.csv python3 -- python3 -c 'import sys; "
		"print(len(sys.stdin.read()))'\n"
		"  pe run -d src -o out -t 30 -m 2G gcc -- make -C /input DESTDIR=/output "
		"install\n",
};

/* Where we are now: the scheduler has just put us on a CPU that had room. */
static int choose_cpu(void)
{
	return sched_getcpu();
}

static int exit_code_of(const struct result *r)
{
	switch (r->outcome) {
	case RESULT_EXITED:
		return r->status;
	case RESULT_SIGNALED:
		return PE_EXIT_SIGNAL + r->status;
	case RESULT_TIMEOUT:
		return PE_EXIT_TIMEOUT;
	case RESULT_OUT_OF_MEMORY:
		return PE_EXIT_SIGNAL + 9;
	case RESULT_OUTPUT_LIMIT:
		return PE_EXIT_SIGNAL + 25;
	case RESULT_NOT_FOUND:
		return PE_EXIT_NOT_FOUND;
	case RESULT_NOT_EXECUTABLE:
		return PE_EXIT_NOT_EXECUTABLE;
	case RESULT_REJECTED:
	case RESULT_LOST:
	case RESULT_OUTCOMES:
		break;
	}
	return PE_EXIT_FAILURE;
}

/* One line for a person when it did not simply exit. */
static void say_ending(const struct result *r, const struct job *j)
{
	char name[16], size[32];

	switch (r->outcome) {
	case RESULT_EXITED:
		break;
	case RESULT_SIGNALED:
		pe_say("run: ended by %s", result_signal_name(r->status, name));
		break;
	case RESULT_TIMEOUT:
		pe_say("run: stopped at the time limit of %llu ms (-t sets it)",
			(unsigned long long)j->limits.timeout_ms);
		break;
	case RESULT_OUT_OF_MEMORY:
		pe_say("run: out of memory: the limit is %s (-m sets it)",
			format_size(size, sizeof size, j->limits.memory_bytes));
		break;
	case RESULT_OUTPUT_LIMIT:
		pe_say("run: stopped at the output limit of %s (--max-output sets it)",
			format_size(size, sizeof size, j->limits.output_bytes));
		break;
	case RESULT_NOT_FOUND:
	case RESULT_NOT_EXECUTABLE:
	case RESULT_REJECTED:
	case RESULT_LOST:
	case RESULT_OUTCOMES:
		pe_say("run: %s: %s", result_outcome_word(r->outcome), r->message);
	}
}

static void say_skipped(const struct result *r)
{
	size_t shown = r->n_skipped < NOTES_MAX ? r->n_skipped : NOTES_MAX;

	for (size_t i = 0; i < shown; i++)
		pe_say("run: left out of the output: '%.*s' (%.*s)", (int)r->skipped[i].name.n,
			r->skipped[i].name.p, (int)r->skipped[i].reason.n, r->skipped[i].reason.p);
	if (r->skipped_more + r->n_skipped > shown)
		pe_say("run: left out of the output: %llu more",
			(unsigned long long)(r->skipped_more + r->n_skipped - shown));
}

static void say_phases(const struct run_phases *p)
{
	const struct {
		const char *name;
		uint64_t us;
	} phases[] = {
		{ "pack input", p->pack },
		{ "jail", p->jail },
		{ "guest kernel", p->kernel },
		{ "init", p->init },
		{ "start program", p->start },
		{ "program", p->program },
		{ "pack output", p->unpack },
		{ "power off", p->power_off },
		{ "read output", p->collect },
		{ "total", p->total },
	};

	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		fprintf(stderr, "trace: %-14s %9.3f ms\n", phases[i].name,
			(double)phases[i].us / 1000);
}

static int print_json(const struct result *r, const struct result_origin *origin)
{
	json_t *o = result_to_json(r, origin);

	int e = o ? json_dumpf(o, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) : -1;
	json_decref(o);
	putchar('\n');
	return e < 0 || fflush(stdout) != 0 ? -EIO : 0;
}

static int print_streams(const struct result *r)
{
	int e = io_write(STDOUT_FILENO, r->out.p, r->out.n);

	return e < 0 ? e : io_write(STDERR_FILENO, r->err.p, r->err.n);
}

static int show(const struct run_options *o, int outdir_fd, const struct result *r,
	const struct image *img, const struct run_host *host, struct error *err)
{
	const struct result_origin origin = { img->name, img->digest, host->engine->name };
	int e = o->json ? print_json(r, &origin) : print_streams(r);

	/* A reader that has seen enough is no failure of ours. */
	if (e < 0 && e != -EPIPE)
		return fail(err, e, "write the program's output");
	if (!o->json) {
		say_ending(r, o->job);
		say_skipped(r);
	}
	return o->outdir ? outputs_write(r, outdir_fd, o->outdir, err) : 0;
}

static int run(
	const struct run_options *o, const char *image_name, int *ret_exit, struct error *err)
{
	cleanup(vm_kernel_freep) struct vm_kernel *kernel = NULL;
	cleanup(image_freep) struct image *img = NULL;
	cleanup(result_freep) struct result *result = NULL;
	cleanup_free char *store = image_store_path(o->store);
	cleanup_fd int outdir_fd = -1;
	struct run_phases phases;

	if (!store)
		return fail(err, -ENOENT, "find the image store (no $HOME)");
	int e = vm_kernel_open(o->kernel, &kernel, err);
	if (e < 0)
		return e;
	e = image_open(store, image_name, &img, err);
	if (e < 0)
		return e;
	e = o->outdir ? outputs_open(o->outdir, &outdir_fd, err) : 0;
	if (e < 0)
		return e;

	struct run_host host = {
		.engine = &vm_engine_uml,
		.kernel = kernel,
		.init = { init_image_start, (size_t)(init_image_end - init_image_start) },
		.cpu = choose_cpu(),
		.weak_jail = o->weak_jail,
	};
	/* Without one it boots. */
	cleanup(templates_freep) struct templates *templates = NULL;
	if (!o->cold && templates_connect(kernel, host.init, &templates, NULL) == 0)
		host.templates = templates;
	e = run_job(&host, img, o->job, NULL, &result, &phases, err);
	if (e == 0)
		e = show(o, outdir_fd, result, img, &host, err);
	if (e < 0)
		return e;
	if (o->trace)
		say_phases(&phases);
	*ret_exit = exit_code_of(result);
	return 0;
}

/* Nothing ran, or nothing came back: said to a person, and to a program that reads JSON. */
static int report_failure(
	const struct run_options *o, const char *image_name, int r, const struct error *err)
{
	const struct result_origin origin = { image_name, NULL, vm_engine_uml.name };
	bool ours = r != -EINVAL && r != -ENOENT;

	pe_say("run: %s", err->text);
	cleanup(result_freep) struct result *failed =
		result_new(ours ? RESULT_LOST : RESULT_REJECTED, err->text);
	if (o->json && failed)
		print_json(failed, &origin);
	return PE_EXIT_FAILURE;
}

int run_to_end(const struct run_options *o, const char *image_name)
{
	int exit_code = PE_EXIT_FAILURE;
	struct error err;

	if (job_check(o->job, &err) < 0) {
		pe_say("run: %s", err.text);
		return PE_EXIT_USAGE;
	}
	int r = run(o, image_name, &exit_code, &err);
	return r < 0 ? report_failure(o, image_name, r, &err) : exit_code;
}

int cmd_run(int argc, char **argv)
{
	cleanup(job_freep) struct job *job = job_new();
	struct run_options o = { .job = job };
	int exit_code = PE_EXIT_FAILURE;

	if (!job)
		return PE_EXIT_FAILURE;
	int i = options_read(&run_command, argc, argv, &o, &exit_code);
	if (i < 0)
		return exit_code;
	if (i >= argc) {
		pe_say("run: no image named; usage: pe %s", run_command.synopsis);
		return PE_EXIT_USAGE;
	}
	const char *image_name = argv[i++];
	if (i < argc && strcmp(argv[i], "--") == 0)
		i++;
	for (; i < argc; i++)
		if (strv_add(&job->argv, argv[i]) < 0)
			return PE_EXIT_FAILURE;
	return run_to_end(&o, image_name);
}
