/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation of the store
 *
 * The store is a directory.
 *
 *   NAME.json            an image's name, its digest and what its maker said of running it
 *   metadata/HEX.erofs   the file system of the image with digest HEX, without contents
 *   data, index          contents, shared by all (lib/content)
 *   fetch/               what is being fetched
 *
 * There is an image where there is a NAME.json. Who changes anything but fetch/ holds flock() on
 * the directory: writers do not meet. They write in the order contents, metadata, name, each
 * durable before the next, the last two under a name that starts with a dot and is then changed:
 * whenever one is killed, the store is as before or has the new image.
 *
 * Readers take no lock of the store. They hold a shared flock() on the metadata file as long as
 * they have it open, and VMs inherit it. gc takes away only metadata files that no name refers to
 * and that it could lock for itself alone; a reader that comes in between sees that its file has no
 * name any more and looks again. Contents are free when no metadata file refers to them.
 *
 * Stores of older versions have NAME.erofs beside NAME.json, one file with all contents: such
 * images run as they did.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "hash/sha256.h"

#define PLACE_METADATA "metadata"
#define PLACE_CONFIG   ".json"
#define PLACE_ROOTFS   ".erofs"

/* A file of the store, relative to it. */
struct place {
	char path[160];
};

struct place place_config(const char *name);
struct place place_rootfs(const char *name); /* of an older version */
struct place place_metadata(const char *digest);

/* The same under which it is written before it is there: with a dot in front of its last name. */
struct place place_draft(struct place p);

/* Opens the store. -ENOENT when there is none. */
int place_open(const char *store, struct error *err);

/* A fresh draft of @p for everyone to read, whatever the umask. -errno. */
int place_create(int store_fd, struct place p);

/* Gives the draft of @p, which is durable, its name. -errno. */
int place_finish(int store_fd, struct place p);
