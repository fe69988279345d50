/* SPDX-License-Identifier: MIT */
/* `pe image ls`, `show` and `rm`: what there is, and less of it. */
#include "image.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "image/image.h"
#include "image/shared.h"
#include "pe.h"

struct list_options {
	const char *store;
	bool json;
};

static int set_store(void *ctx, const char *value)
{
	((struct list_options *)ctx)->store = value;
	return 0;
}

static int set_json(void *ctx, const char *value)
{
	(void)value;
	((struct list_options *)ctx)->json = true;
	return 0;
}

#define STORE_ROW                                                                                  \
	{                                                                                          \
		0, "store", "DIR", "image store (default: $PE_IMAGES, else the cache)", set_store  \
	}

static const struct option_row ls_rows[] = {
	STORE_ROW,
	{ 0, "json", NULL, "print a JSON list", set_json },
	{ 0 },
};

static const struct option_row plain_rows[] = { STORE_ROW, { 0 } };

const struct command image_ls_command = {
	.name = "image ls",
	.synopsis = "image ls [--json]",
	.summary = "Lists the images of the store.",
	.options = ls_rows,
};

const struct command image_show_command = {
	.name = "image show",
	.synopsis = "image show NAME",
	.summary = "Prints what is known of an image, as JSON: its config, digest, and packages.",
	.options = plain_rows,
};

const struct command image_rm_command = {
	.name = "image rm",
	.synopsis = "image rm NAME...",
	.summary = "Removes images; 'image gc' gives their room back. What runs in one goes on.",
	.options = plain_rows,
};

static void print_table(struct image *const *list, const uint64_t *shared, size_t n)
{
	int64_t now = time(NULL);

	printf("%-20s %9s %9s  %-14s %-19s %-8s %s\n", "NAME", "SIZE", "SHARED", "PLATFORM",
		"DIGEST", "AGE", "TITLE");
	for (size_t i = 0; i < n; i++) {
		char size[32], same[32], age[32];

		printf("%-20s %9s %9s  %-14s %.19s %-8s %s\n", list[i]->name,
			format_size(size, sizeof size, list[i]->bytes),
			format_size(same, sizeof same, shared[i]),
			*list[i]->platform ? list[i]->platform : "-", list[i]->digest,
			image_format_age(age, sizeof age, now - list[i]->created), list[i]->title);
	}
}

static int print_json(struct image *const *list, const uint64_t *shared, size_t n)
{
	cleanup(json_decrefp) json_t *all = json_array();

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *text = image_config_format(list[i]);
		json_t *one = text ? json_loads(text, 0, NULL) : NULL;

		/* A list is to choose from; `show` has the packages. */
		json_object_del(one, "packages");
		json_object_set_new(one, "shared_bytes", json_integer((json_int_t)shared[i]));
		if (json_array_append_new(all, one) < 0) {
			pe_say("image ls: out of memory");
			return PE_EXIT_FAILURE;
		}
	}
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	return 0;
}

static int print(const char *store, bool json)
{
	struct image **list = NULL;
	uint64_t *shared = NULL;
	size_t n = 0;
	struct error err;
	int status = 0;

	if (image_list(store, &list, &n, &err) < 0 ||
		image_shared(store, list, n, &shared, &err) < 0) {
		image_list_free(list, n);
		pe_say("image ls: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	if (json)
		status = print_json(list, shared, n);
	else if (n > 0)
		print_table(list, shared, n);
	else
		fprintf(stderr, "no images in '%s'; 'pe image build gcc' makes one\n", store);
	image_list_free(list, n);
	free(shared);
	return status;
}

int cmd_image_ls(int argc, char **argv)
{
	struct list_options o = { 0 };
	int status = 0, first = options_read(&image_ls_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first < argc)
		return image_usage(&image_ls_command, "takes no arguments");

	cleanup_free char *store = image_store_or_say(o.store);
	if (!store)
		return PE_EXIT_FAILURE;
	return print(store, o.json);
}

int cmd_image_show(int argc, char **argv)
{
	struct list_options o = { 0 };
	int status = 0, first = options_read(&image_show_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first + 1 != argc)
		return image_usage(&image_show_command, "takes the name of one image");

	cleanup_free char *store = image_store_or_say(o.store);
	if (!store)
		return PE_EXIT_FAILURE;
	cleanup(image_freep) struct image *img = NULL;
	struct error err;
	if (image_open(store, argv[first], &img, &err) < 0) {
		pe_say("image show: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	cleanup_free char *text = image_config_format(img);
	puts(text ? text : "");
	return 0;
}

int cmd_image_rm(int argc, char **argv)
{
	struct list_options o = { 0 };
	int status = 0, first = options_read(&image_rm_command, argc, argv, &o, &status);
	if (first < 0)
		return status;
	if (first == argc)
		return image_usage(&image_rm_command, "needs the name of an image");

	cleanup_free char *store = image_store_or_say(o.store);
	if (!store)
		return PE_EXIT_FAILURE;
	struct error err;
	cleanup_fd int lock = image_store_lock(store, true, &err);
	if (lock < 0) {
		pe_say("image rm: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	for (int i = first; i < argc; i++) {
		if (image_store_remove(store, argv[i], &err) < 0) {
			pe_say("image rm: %s", err.text);
			status = PE_EXIT_FAILURE;
		}
	}
	return status;
}
