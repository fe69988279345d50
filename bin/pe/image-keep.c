/* SPDX-License-Identifier: MIT */
/* `pe image gc` and `verify`: the store stays small and sound. */
#include "image.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "image/gc.h"
#include "image/verify.h"
#include "pe.h"
#include "progress.h"

static int set_store(void *ctx, const char *value)
{
	*(const char **)ctx = value;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0 },
};

const struct command image_gc_command = {
	.name = "image gc",
	.synopsis = "image gc",
	.summary = "Gives back the room of removed images, and of fetches that were given up.",
	.details = "What somebody has open, or runs in, stays until the next time.\n",
	.options = rows,
};

const struct command image_verify_command = {
	.name = "image verify",
	.synopsis = "image verify [NAME]...",
	.summary = "Reads images (default: all) and names every file that is not as it was stored.",
	.details =
		"The exit status is 1 when there is damage. An image that is then added or built\n"
		"again has sound copies of its damaged files.\n",
	.options = rows,
};

int cmd_image_gc(int argc, char **argv)
{
	const char *option = NULL;
	int status = 0, first = options_read(&image_gc_command, argc, argv, &option, &status);
	if (first < 0)
		return status;
	if (first < argc)
		return image_usage(&image_gc_command, "takes no arguments");

	cleanup_free char *store = image_store_or_say(option);
	struct image_gc_result r = { 0 };
	struct error err;
	char freed[32];
	if (!store)
		return PE_EXIT_FAILURE;
	if (image_gc(store, &r, &err) < 0) {
		pe_say("image gc: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	printf("%s freed: %llu images, %llu files\n", format_size(freed, sizeof freed, r.freed),
		(unsigned long long)r.images, (unsigned long long)r.contents);
	if (r.in_use > 0)
		pe_say("image gc: %llu removed images are in use and were left",
			(unsigned long long)r.in_use);
	return 0;
}

static void print_damage(void *ctx, const char *image, struct span path, const char *what)
{
	progress_end(ctx, false);
	/* Names are a stranger's: as in every message, pe_say() makes them harmless. */
	if (path.n > 0)
		pe_say("image verify: %s: '/%.*s' is damaged: %s", image,
			(int)(path.n < 1500 ? path.n : 1500), path.p, what);
	else
		pe_say("image verify: %s: %s", image, what);
}

int cmd_image_verify(int argc, char **argv)
{
	const char *option = NULL;
	int status = 0, first = options_read(&image_verify_command, argc, argv, &option, &status);
	if (first < 0)
		return status;

	cleanup_free char *store = image_store_or_say(option);
	const struct strv names = { argv + first, (size_t)(argc - first) };
	struct image_verify_result r = { 0 };
	struct progress progress;
	const struct tool_watch watch = {
		.bytes = progress_bytes, .ctx = &progress, .cancel_fd = -1
	};
	struct error err;
	char size[32];
	if (!store)
		return PE_EXIT_FAILURE;
	progress_init(&progress, "images");
	if (progress.terminal)
		progress_phase(&progress, "reading");
	int e = image_verify(store, &names, print_damage, &progress, &watch, &r, &err);
	progress_end(&progress, false);
	if (e < 0) {
		pe_say("image verify: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	printf("%llu images, %llu contents, %s: %llu damaged\n", (unsigned long long)r.images,
		(unsigned long long)r.contents, format_size(size, sizeof size, r.bytes),
		(unsigned long long)r.damages);
	return r.damages > 0;
}
