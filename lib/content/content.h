/* SPDX-License-Identifier: MIT */
/*
 * Contents of files, each once, in one file that all images share.
 *
 * Theory of operation. `data` holds contents, each from the start of a 4 KiB block on; `index` says
 * what is where. One process at a time adds: the caller holds the store's lock. It appends to data,
 * behind all that anybody refers to, and looks up in the index what is there already.
 * contents_commit() makes data durable and then appends to the index; who refers to the new
 * contents is written after that. So whatever dies when, all that the index or an image says is
 * there is there. What a dead writer left behind the last content is cut off by the next.
 *
 * Readers need no lock: contents never move or change while an image refers to them. data is a
 * whole number of blocks at any time, as VMs have it as a disk while it grows.
 */
#pragma once

#include <sys/types.h>

#include "index.h"
#include "tree/tree.h"

struct contents;

/* Opens, and makes when it is missing, `data` and `index` in directory @dir_fd, which errors call
 * @path. For one who adds. */
int contents_open(int dir_fd, const char *path, struct contents **ret, struct error *err);

/*
 * Adds one content of @size > 0 bytes: begin, pieces in ascending order (what is in none is zeros),
 * end. contents_end() says where it is, new or not.
 */
int contents_begin(struct contents *c, uint64_t size, struct error *err);
int contents_piece(struct contents *c, uint64_t at, struct span piece, struct error *err);
int contents_end(struct contents *c, struct tree_data *ret, struct error *err);

/* Reads @n bytes of content @d at @at, also of one that is not committed yet. Bytes or -errno. */
ssize_t contents_read(
	struct contents *c, const struct tree_data *d, void *p, size_t n, uint64_t at);

/* Bytes that were added so far, and how many of them were new. */
void contents_count(const struct contents *c, uint64_t *ret_bytes, uint64_t *ret_new);

/* Keeps of what was added the contents at @blocks[0..n), ascending; gives the room of the rest
 * back. What is left to do then is to close. */
int contents_commit(struct contents *c, const uint64_t *blocks, size_t n, struct error *err);

/* Without a commit all that was added is gone. */
void contents_close(struct contents *c);
void contents_closep(struct contents **c);
