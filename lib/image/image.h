/* SPDX-License-Identifier: MIT */
/* An image: a read-only root file system that the guest can mount, and what its maker said of
 * running it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/strv.h"

enum {
	IMAGE_NAME_MAX = 64,
	IMAGE_DATA_MAX = 4, /* content devices of one image */
};

struct image {
	char *name;
	char *digest;    /* "sha256:" and 64 hex digits; the same for the same files */
	char *title;     /* for people; may be empty */
	char *user;      /* as in an OCI config: "", "name", "1000", "1000:1000" */
	char *cwd;       /* "" when the image names none */
	struct strv env; /* KEY=VALUE */
	struct strv entrypoint, cmd;
	char *recipe;         /* hash of the recipe it was built from; "" when there was none */
	struct strv packages; /* "name version" of what is installed in it; may be empty */
	struct strv labels;   /* KEY=VALUE, as the maker put them */
	char *platform;       /* "linux/amd64"; "" when not known */
	uint64_t bytes;       /* of its metadata and of all contents that it refers to */
	uint64_t
		metadata_bytes; /* of its erofs file; 0: one of the older kind, alone in one file */
	int64_t created;        /* seconds since the epoch */
	int fd; /* the erofs file, O_RDONLY, readable by whoever holds the descriptor */
	/*
	 * The devices that file contents live on, in the order of the erofs file's device table:
	 * the guest mounts them with device=. O_RDONLY, shared by many images, and growing while
	 * they are open; what this image needs of them is there and does not change. A whole number
	 * of 512-byte sectors at any time. None: all is in the erofs file itself.
	 */
	int data_fds[IMAGE_DATA_MAX];
	size_t n_data_fds;
};

/* An image without a root file system (fd -1), all strings empty. NULL on -ENOMEM or a bad name. */
struct image *image_new(const char *name);

/* Lower-case letters, digits, '.', '_' and '-', the first a letter or digit, at most
 * IMAGE_NAME_MAX. */
bool image_name_valid(const char *name);

/*
 * The directory images live in: @override when not NULL, else $PE_IMAGES, else
 * ${XDG_CACHE_HOME:-~/.cache}/program-explorer/images. Caller frees. NULL on -ENOMEM or no home.
 */
char *image_store_path(const char *override);

/*
 * Opens image @name of the store at @store; @name may also be a digest, "sha256:" and the 64 digits
 * or at least 12 of them. -ENOENT names up to three images with a near name;
 * -EINVAL for a name that is no image name or a damaged config. Caller frees *@ret with
 * image_free().
 */
int image_open(const char *store, const char *name, struct image **ret, struct error *err);

/* The same without its file system: only what its config says. */
int image_read(const char *store, const char *name, struct image **ret, struct error *err);

/* All images of the store, sorted by name, without open descriptors (fd -1). */
int image_list(const char *store, struct image ***ret, size_t *ret_n, struct error *err);
void image_list_free(struct image **list, size_t n);

/*
 * Takes the store for writing, so that writers do not meet; makes the directory when it is missing.
 * Returns a descriptor that holds the lock until it is closed, -EWOULDBLOCK when somebody else
 * holds it and not @wait.
 */
int image_store_lock(const char *store, bool wait, struct error *err);

/* The same for who builds from recipes, which takes minutes: builds wait for one another, but
 * nobody else for them. */
int image_store_lock_builds(const char *store, bool wait, struct error *err);

/* Makes directory @path and those above it, if they are missing. -errno. */
int image_store_make(const char *path);

/* Removes image @name, damaged or not; its contents stay until gc. -ENOENT when there is none. The
 * caller holds the lock. */
int image_store_remove(const char *store, const char *name, struct error *err);

/* The config as JSON text, as it stands in the store and as `pe image show` prints it. Caller
 * frees. */
char *image_config_format(const struct image *img);

/* Gives the descriptors back; the rest of @img stays. */
void image_close_disks(struct image *img);

void image_free(struct image *img); /* NULL is fine */
void image_freep(struct image **img);
