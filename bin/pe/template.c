/* SPDX-License-Identifier: MIT */
/* `pe template`: the process that keeps templates for this user's runs, and what can be asked of
 * it. */
#include "template.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "image/image.h"
#include "job/job.h"
#include "run/live-command.h"
#include "vm/remote.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

enum { IDLE_MS = 15 * 60 * 1000, ASK_MS = 5000, AHEAD = 1 };

struct serve_options {
	uint64_t idle_ms, memory_bytes, ahead;
	bool weak_jail;
};

static int set_idle(void *ctx, const char *value)
{
	if (parse_duration_ms(span_of(value), &((struct serve_options *)ctx)->idle_ms) == 0)
		return 0;
	pe_say("template serve: '%s' is not a time (15m, 90s; 0 for ever)", value);
	return -EINVAL;
}

static int set_memory(void *ctx, const char *value)
{
	if (parse_size(span_of(value), &((struct serve_options *)ctx)->memory_bytes) == 0)
		return 0;
	pe_say("template serve: '%s' is not a size (512M, 2G)", value);
	return -EINVAL;
}

static int set_ahead(void *ctx, const char *value)
{
	if (parse_u64(span_of(value), TEMPLATES_AHEAD_MAX, &((struct serve_options *)ctx)->ahead) ==
		0)
		return 0;
	pe_say("template serve: '%s' is not a number from 0 to %d", value, TEMPLATES_AHEAD_MAX);
	return -EINVAL;
}

static int set_weak_jail(void *ctx, const char *value)
{
	(void)value;
	((struct serve_options *)ctx)->weak_jail = true;
	return 0;
}

static const struct option_row serve_rows[] = {
	{ 0, "idle", "TIME", "end when nobody has asked for so long; 0: never (15m)", set_idle },
	{ 0, "memory", "SIZE", "host memory for all templates together (1G)", set_memory },
	{ 0, "ahead", "N", "clones to have waiting on each CPU that asked (1)", set_ahead },
	{ 0, "allow-weak-jail", NULL, "go on where the host cannot give every layer",
		set_weak_jail },
	{ 0 },
};

static const struct option_row no_rows[] = { { 0 } };

const struct command template_serve_command = {
	.name = "template serve",
	.synopsis = "template serve [OPTION]...",
	.summary = "Keeps booted VMs from which this user's runs are cloned.",
	.options = serve_rows,
	.details =
		"Runs in the foreground until it is told to stop, or idle. 'pe image warm' starts "
		"one in the\nbackground when there is none. Runs find it by a socket in "
		"$XDG_RUNTIME_DIR, else in\n/tmp/program-explorer-UID, and boot a VM of their own "
		"whenever they get no clone.\n",
};

const struct command template_ls_command = {
	.name = "template ls",
	.synopsis = "template ls",
	.summary = "Lists the templates that are kept for this user.",
	.options = no_rows,
};

const struct command template_stop_command = {
	.name = "template stop",
	.synopsis = "template stop",
	.summary = "Ends the process that keeps templates, when its last run has ended.",
	.options = no_rows,
};

static struct span own_init(void)
{
	return (struct span){ init_image_start, (size_t)(init_image_end - init_image_start) };
}

/* SIGTERM and SIGINT as something to poll; set before there are threads. */
static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int serve(const struct serve_options *o, struct error *err)
{
	cleanup(vm_kernel_freep) struct vm_kernel *kernel = NULL;
	cleanup_free char *store = image_store_path(NULL);
	cleanup_free char *profiles = NULL;
	cleanup_buf struct buf usual = { 0 };
	cleanup_fd int stop_fd = signals_open();

	int r = vm_kernel_open(NULL, &kernel, err);
	if (r < 0)
		return r;
	if (!store || asprintf(&profiles, "%s/warm", store) < 0)
		return fail(err, -ENOENT, "find the image store (no $HOME)");
	r = job_usual_config(&usual);
	if (r < 0)
		return fail(err, r, "keep templates");
	const struct templates_config config = {
		.kernel = kernel,
		.init = own_init(),
		.memory_bytes = o->memory_bytes,
		.ahead = o->ahead,
		.weak_jail = o->weak_jail,
		.profiles = profiles,
		.usual = buf_span(&usual),
		.live = live_command,
	};
	return lend_serve(&config, o->idle_ms, stop_fd, err);
}

static int cmd_keep(int argc, char **argv)
{
	struct serve_options o = { .idle_ms = IDLE_MS, .ahead = AHEAD };
	struct error err;
	int exit_code;

	int i = options_read(&template_serve_command, argc, argv, &o, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc) {
		pe_say("template serve: takes no '%s'", argv[i]);
		return PE_EXIT_USAGE;
	}
	if (serve(&o, &err) < 0) {
		pe_say("template serve: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	return 0;
}

/* Nobody there is no failure: *@ret is NULL then. */
static int connect_to(struct remote **ret, struct error *err)
{
	cleanup(vm_kernel_freep) struct vm_kernel *kernel = NULL;

	*ret = NULL;
	int r = vm_kernel_open(NULL, &kernel, err);
	if (r == 0)
		r = remote_open(kernel, own_init(), ret, err);
	return r == -ENOENT || r == -ECONNREFUSED ? 0 : r;
}

static void print_line(struct span line)
{
	struct span word[9] = { { "", 0 } };
	uint64_t n[6] = { 0 };
	char ram[32], bytes[32];

	for (size_t i = 0; i < 8; i++)
		span_cut(&line, ' ', &word[i]);
	for (size_t i = 0; i < 6; i++)
		parse_u64(word[2 + i], UINT64_MAX, &n[i]);
	printf("%-19.19s %-8.*s %10s %10s %8llu %8llu %7llu s %7llu s  %.*s\n", word[0].p,
		(int)word[1].n, word[1].p, format_size(ram, sizeof ram, n[0]),
		format_size(bytes, sizeof bytes, n[1]), (unsigned long long)n[2],
		(unsigned long long)n[3], (unsigned long long)n[4] / 1000,
		(unsigned long long)n[5] / 1000, (int)line.n, line.n ? line.p : "");
}

static int list(struct error *err)
{
	cleanup(remote_closep) struct remote *remote = NULL;
	cleanup_free char *text = calloc(1, LEND_TEXT_MAX);
	struct span line;

	int r = text ? connect_to(&remote, err) : -ENOMEM;
	if (r == 0 && remote)
		r = remote_ask(remote, LEND_LIST, ASK_MS, text, LEND_TEXT_MAX, err);
	if (r < 0)
		return r;
	if (!remote) {
		pe_say("template ls: no templates are kept ('pe image warm IMAGE' makes one)");
		return 0;
	}
	printf("%-19s %-8s %10s %10s %8s %8s %9s %9s\n", "IMAGE", "STATE", "RAM", "HOLDS", "CLONES",
		"RUNNING", "AGE", "IDLE");
	struct span rest = span_of(text);
	while (span_cut(&rest, '\n', &line))
		print_line(line);
	return 0;
}

static int stop(struct error *err)
{
	cleanup(remote_closep) struct remote *remote = NULL;

	int r = connect_to(&remote, err);
	if (r < 0 || !remote)
		return r;
	r = remote_ask(remote, LEND_STOP, ASK_MS, NULL, 0, err);
	return r == -ESTALE ? 0 : r;
}

static int simple(const struct command *cmd, int (*what)(struct error *err), int argc, char **argv)
{
	struct error err;
	int exit_code;

	int i = options_read(cmd, argc, argv, NULL, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc) {
		pe_say("%s: takes no '%s'", cmd->name, argv[i]);
		return PE_EXIT_USAGE;
	}
	if (what(&err) < 0) {
		pe_say("%s: %s", cmd->name, err.text);
		return PE_EXIT_FAILURE;
	}
	return 0;
}

static int cmd_ls(int argc, char **argv)
{
	return simple(&template_ls_command, list, argc, argv);
}

static int cmd_stop(int argc, char **argv)
{
	return simple(&template_stop_command, stop, argc, argv);
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const struct command *command;
} commands[] = {
	{ "serve", cmd_keep, &template_serve_command },
	{ "ls", cmd_ls, &template_ls_command },
	{ "stop", cmd_stop, &template_stop_command },
};

static void usage(FILE *to)
{
	fprintf(to, "Usage: pe template COMMAND [ARGUMENT]...\n\nBooted VMs that runs are cloned "
		    "from.\n\nCommands:\n");
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].command->summary);
	fprintf(to, "\n'pe template COMMAND --help' says more.\n");
}

int cmd_template(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return PE_EXIT_USAGE;
	}
	if (strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "--help") == 0) {
		usage(stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	pe_say("template: unknown command '%s'", argv[1]);
	usage(stderr);
	return PE_EXIT_USAGE;
}
