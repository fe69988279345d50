/* SPDX-License-Identifier: MIT */
/* `pe image add`: container images of others come into the store. */
#include "image.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "image/add.h"
#include "pe.h"
#include "progress.h"

struct add_options {
	const char *store, *name;
	struct fetch_options fetch;
};

static int set_store(void *ctx, const char *value)
{
	((struct add_options *)ctx)->store = value;
	return 0;
}

static int set_name(void *ctx, const char *value)
{
	((struct add_options *)ctx)->name = value;
	return 0;
}

static int set_platform(void *ctx, const char *value)
{
	((struct add_options *)ctx)->fetch.platform = value;
	return 0;
}

static int set_authfile(void *ctx, const char *value)
{
	((struct add_options *)ctx)->fetch.authfile = value;
	return 0;
}

static int set_insecure(void *ctx, const char *value)
{
	(void)value;
	((struct add_options *)ctx)->fetch.insecure = true;
	return 0;
}

static const struct option_row rows[] = {
	{ 0, "as", "NAME", "what the image is called here (default: made of REF)", set_name },
	{ 0, "platform", "OS/ARCH[/VARIANT]", "of several, this one (default: this machine's)",
		set_platform },
	{ 0, "authfile", "FILE", "credentials for registries (default: where skopeo looks)",
		set_authfile },
	{ 0, "insecure", NULL, "registries without TLS, or with certificates of their own",
		set_insecure },
	{ 0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store },
	{ 0 },
};

const struct command image_add_command = {
	.name = "image add",
	.synopsis = "image add [OPTION]... REF",
	.summary = "Adds a container image to the store: from a registry, an archive, a directory.",
	.details = "REF is one of\n"
		   "  docker://NAME[:TAG]               of a registry, fetched with skopeo\n"
		   "  oci:DIR[:NAME]                    an OCI layout\n"
		   "  oci-archive:FILE[:NAME]           the same as a tar archive\n"
		   "  docker-archive:FILE[:NAME:TAG]    what docker save and podman save write\n"
		   "  dir:ROOTFS                        a root file system\n"
		   "\n"
		   "Examples:\n"
		   "  pe image add docker://debian:bookworm-slim --as debian\n"
		   "  pe image add --platform linux/arm64 oci-archive:image.tar\n"
		   "  docker save gcc:13 -o gcc.tar && pe image add docker-archive:gcc.tar --as "
		   "gcc13\n",
	.options = rows,
};

static void report(const struct image *img, const struct image_add_stats *s)
{
	char size[32], fresh[32];

	fprintf(stderr, "%s: added, %s, of which %s are new, %zu entries, %.19s\n", img->name,
		format_size(size, sizeof size, img->bytes),
		format_size(fresh, sizeof fresh, s->new_bytes), s->entries, img->digest);
}

static int add(const char *store, const char *reference, const struct add_options *o)
{
	struct progress progress;
	struct tool_watch watch = {
		.phase = progress_phase,
		.tick = progress_tick,
		.bytes = progress_bytes,
		.ctx = &progress,
		.cancel_fd = -1,
	};
	cleanup(image_freep) struct image *img = NULL;
	struct image_add_stats stats = { 0 };
	struct error err;

	progress_init(&progress, o->name ? o->name : reference);
	/* Elsewhere than on a terminal only the end is told. */
	if (!progress.terminal)
		watch.phase = NULL;
	int r = image_add(store, reference, o->name, &o->fetch, &watch, &img, &stats, &err);
	if (r < 0) {
		progress_end(&progress, false);
		pe_say("image add: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	progress_end(&progress, true);
	report(img, &stats);
	return 0;
}

int cmd_image_add(int argc, char **argv)
{
	struct add_options o = { 0 };
	char *reference;
	int status = 0, first = options_read(&image_add_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first == argc)
		return image_usage(&image_add_command, "needs to be told what to add");
	/* Options behind the reference are as good as those before it. */
	reference = argv[first];
	int rest = options_read(&image_add_command, argc - first, argv + first, &o, &status);
	if (rest < 0)
		return status;
	if (first + rest < argc)
		return image_usage(&image_add_command, "adds one image at a time");

	cleanup_free char *store = image_store_or_say(o.store);
	return store ? add(store, reference, &o) : PE_EXIT_FAILURE;
}
