/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <string.h>

#include "base/cleanup.h"

bool image_name_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	return strspn(name, first) > 0 && name[strspn(name, rest)] == '\0' &&
	       strlen(name) <= IMAGE_NAME_MAX;
}

struct image *image_new(const char *name)
{
	if (!image_name_valid(name))
		return NULL;
	cleanup(image_freep) struct image *img = calloc(1, sizeof *img);
	if (!img)
		return NULL;
	img->fd = -1;

	img->name = strdup(name);
	char **empty[] = { &img->digest, &img->title, &img->user, &img->cwd, &img->recipe,
		&img->platform };
	for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
		if (!(*empty[i] = strdup("")))
			return NULL;
	return img->name ? take_ptr(img) : NULL;
}

void image_close_disks(struct image *img)
{
	cleanup_closep(&img->fd);
	img->fd = -1;
	for (size_t i = 0; i < img->n_data_fds; i++)
		cleanup_closep(&img->data_fds[i]);
	img->n_data_fds = 0;
}

void image_free(struct image *img)
{
	if (!img)
		return;
	free(img->name);
	free(img->digest);
	free(img->title);
	free(img->user);
	free(img->cwd);
	free(img->recipe);
	strv_done(&img->env);
	strv_done(&img->entrypoint);
	strv_done(&img->cmd);
	strv_done(&img->packages);
	strv_done(&img->labels);
	free(img->platform);
	image_close_disks(img);
	free(img);
}

void image_freep(struct image **img)
{
	image_free(*img);
}

void image_list_free(struct image **list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		image_free(list[i]);
	free(list);
}
