/* SPDX-License-Identifier: MIT */
/* `pe image export`: images leave the store for other tools. */
#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image/export.h"
#include "pe.h"
#include "progress.h"

struct export_options {
	const char *store;
	bool tar;
};

static int set_store(void *ctx, const char *value)
{
	((struct export_options *)ctx)->store = value;
	return 0;
}

static int set_format(void *ctx, const char *value)
{
	if (strcmp(value, "tar") != 0 && strcmp(value, "oci") != 0) {
		pe_say("image export: no format '%s'; there are oci and tar", value);
		return -EINVAL;
	}
	((struct export_options *)ctx)->tar = strcmp(value, "tar") == 0;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "format", "FORMAT", "oci, a layout in a directory (the default), or tar, its files",
		set_format },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0 },
};

const struct command image_export_command = {
	.name = "image export",
	.synopsis = "image export [--format oci|tar] NAME TO",
	.summary = "Writes an image as an OCI layout, or its root file system as a tar archive.",
	.details =
		"TO is a directory, new or empty, for oci; a file, or - for standard output, for "
		"tar.\n"
		"\n"
		"Examples:\n"
		"  pe image export gcc gcc.oci && skopeo copy oci:gcc.oci docker://registry/gcc\n"
		"  pe image export --format tar gcc - | tar -t\n",
	.options = rows,
};

/* What was begun and failed is no archive: it does not stay. */
static int to_tar(
	const struct image *img, const char *to, const struct tool_watch *watch, struct error *err)
{
	if (strcmp(to, "-") == 0)
		return export_tar(img, STDOUT_FILENO, watch, err);

	cleanup_fd int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return fail(err, -errno, "open '%s'", to);
	int r = export_tar(img, fd, watch, err);
	if (r < 0)
		unlink(to);
	return r;
}

int cmd_image_export(int argc, char **argv)
{
	struct export_options o = { 0 };
	int status = 0, first = options_read(&image_export_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first + 2 != argc)
		return image_usage(&image_export_command, "takes an image, and where it goes");

	cleanup_free char *store = image_store_or_say(o.store);
	cleanup(image_freep) struct image *img = NULL;
	struct progress progress;
	const struct tool_watch watch = {
		.bytes = progress_bytes, .ctx = &progress, .cancel_fd = -1
	};
	struct error err;
	if (!store)
		return PE_EXIT_FAILURE;
	int r = image_open(store, argv[first], &img, &err);
	progress_init(&progress, argv[first]);
	if (r == 0 && progress.terminal)
		progress_phase(&progress, "exporting");
	if (r == 0)
		r = o.tar ? to_tar(img, argv[first + 1], &watch, &err)
			  : export_layout(img, argv[first + 1], &watch, &err);
	progress_end(&progress, r == 0);
	if (r < 0)
		pe_say("image export: %s", err.text);
	return r < 0 ? PE_EXIT_FAILURE : 0;
}
