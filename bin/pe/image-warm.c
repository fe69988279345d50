/* SPDX-License-Identifier: MIT */
/* `pe image warm`: makes templates of images, in the process that keeps them. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/image.h"
#include "run/run.h"
#include "vm/remote.h"
#include "vm/templates.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

enum { WARM_MS = 60000, START_TRIES = 250, START_PAUSE_NS = 20000000 };

static int set_store(void *ctx, const char *value)
{
	*(const char **)ctx = value;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0 },
};

const struct command image_warm_command = {
	.name = "image warm",
	.synopsis = "image warm IMAGE...",
	.summary = "Boots images ahead, so that runs in them start in about a millisecond.",
	.options = rows,
	.details = "The booted VMs are kept by a background process of this user, which is started "
		   "when there is none\nand ends when it has not been used for 15 minutes. 'pe "
		   "template "
		   "ls' shows them, 'pe template stop' ends it.\n",
};

/* A process of its own session, with nothing of ours. */
static int start_keeper(struct error *err)
{
	pid_t pid = fork();

	if (pid < 0)
		return fail(err, -errno, "start 'pe template serve'");
	if (pid > 0)
		return 0;
	int null_fd = open("/dev/null", O_RDWR);
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null_fd, fd);
	if (fork() == 0)
		execl("/proc/self/exe", "pe", "template", "serve", (char *)NULL);
	_exit(0);
}

static int ask(
	const struct vm_kernel *kernel, struct span init, struct templates **ret, struct error *err)
{
	int r = templates_connect(kernel, init, ret, err);

	if (r != -ENOENT && r != -ECONNREFUSED)
		return r;
	r = start_keeper(err);
	for (int i = 0; r == 0 && i < START_TRIES; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = START_PAUSE_NS }, NULL);
		r = templates_connect(kernel, init, ret, err);
		if (r != -ENOENT && r != -ECONNREFUSED)
			return r;
		r = 0;
	}
	return r < 0 ? r : refuse(err, -ETIME, "'pe template serve' did not start");
}

static int warm_one(const char *store, const char *name, struct error *err)
{
	cleanup(vm_kernel_freep) struct vm_kernel *kernel = NULL;
	cleanup(image_freep) struct image *img = NULL;
	struct run_host host = {
		.engine = &vm_engine_uml,
		.init = { init_image_start, (size_t)(init_image_end - init_image_start) },
		.cpu = -1,
	};

	int r = vm_kernel_open(NULL, &kernel, err);
	if (r == 0)
		r = image_open(store, name, &img, err);
	if (r == 0)
		r = ask(kernel, host.init, &host.templates, err);
	if (r < 0)
		return r;
	host.kernel = kernel;
	r = run_warm(&host, img, WARM_MS, err);
	templates_free(host.templates);
	return r;
}

int cmd_image_warm(int argc, char **argv)
{
	const char *override = NULL;
	struct error err;
	int exit_code;

	int i = options_read(&image_warm_command, argc, argv, &override, &exit_code);
	if (i < 0)
		return exit_code;
	if (i >= argc)
		return image_usage(&image_warm_command, "no image named");
	cleanup_free char *store = image_store_or_say(override);
	if (!store)
		return PE_EXIT_FAILURE;
	for (; i < argc; i++)
		if (warm_one(store, argv[i], &err) < 0) {
			pe_say("image warm: %s: %s", argv[i], err.text);
			return PE_EXIT_FAILURE;
		}
	return 0;
}
