/* SPDX-License-Identifier: MIT */
/*
 * A file system in memory: what the layers of an image become, one after the other.
 *
 * Names are entries, what they name are inodes; a hard link is a second entry of an inode. File
 * contents are not here: an inode says where they are. Everything lives in one arena and goes away
 * with the tree; what is removed from the tree is not given back before. Nothing of the host is
 * touched, whatever the names are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

enum {
	TREE_ENTRIES_MAX = 1 << 20, /* names that may ever be made in one tree */
	TREE_NAME_MAX = 255,        /* bytes of one name */
	TREE_PATH_MAX = 4096,
	TREE_DEPTH_MAX = 512,     /* directories within directories */
	TREE_HOPS_MAX = 40,       /* symbolic links on the way of one path */
	TREE_ARENA_MAX = 1 << 29, /* bytes of names, inodes and small contents */
};

/* Contents that are elsewhere: from the start of 4 KiB block @block on. */
struct tree_data {
	uint64_t block;
	unsigned char sha256[32];
};

struct tree_xattr {
	struct tree_xattr *next; /* sorted by name */
	struct span name;        /* with its prefix: "user.x" */
	struct span value;
	uint32_t shared; /* for who writes the tree */
};

struct tree_entry;

struct tree_inode {
	uint32_t mode; /* type and permission bits, as in stat(2) */
	uint32_t uid, gid;
	uint32_t nlink; /* entries; of a directory as stat(2) counts */
	int64_t mtime;  /* seconds since the epoch, may be negative */
	uint32_t mtime_ns;
	uint32_t major, minor; /* of a device */
	uint64_t size;         /* of a file or of a link's target */
	/* Of a file with @size > 0 exactly one is there; a symbolic link has its target in @bytes.
	 */
	const char *bytes;
	const struct tree_data *data;
	struct tree_xattr *xattrs;

	/* Of a directory. */
	struct tree_entry *children; /* any order */
	struct tree_entry *self;     /* the entry that names it; NULL for the root */
	uint32_t n_children;

	/* For who writes the tree. */
	struct tree_entry **sorted;
	uint64_t place;
	uint32_t number;
};

struct tree_entry {
	const char *name; /* not NUL-terminated */
	uint8_t name_n;
	uint32_t layer; /* the layer that made it, or, if a directory, last named it */
	struct tree_inode *inode;
	struct tree_inode *dir; /* NULL once removed */
	struct tree_entry *next, *prev, *hash_next;
};

struct tree;

struct tree *tree_new(void); /* with an empty root, mode 755; NULL on -ENOMEM */
void tree_free(struct tree *t);
void tree_freep(struct tree **t);

struct tree_inode *tree_root(const struct tree *t);
size_t tree_entries(const struct tree *t); /* ever made */

/* Memory that lives as long as the tree, aligned to 8 bytes, zeroed. NULL on -ENOMEM. */
void *tree_alloc(struct tree *t, size_t n);

/* Copies @n bytes and a NUL behind them. NULL on -ENOMEM. */
char *tree_copy(struct tree *t, const void *p, size_t n);

/* NULL on -ENOMEM. */
struct tree_inode *tree_inode_new(struct tree *t, uint32_t mode);

/* Adds, or replaces the value of, xattr @name; copies both. -ENOMEM. */
int tree_xattr_set(struct tree *t, struct tree_inode *i, struct span name, struct span value);

/* The entry @name of @dir, or NULL. */
struct tree_entry *tree_find(const struct tree *t, const struct tree_inode *dir, struct span name);

/*
 * Names @inode in @dir. The name is not taken. -ENOMEM, -E2BIG (too many entries, or too deep).
 * *@ret_entry may be NULL.
 */
int tree_add(struct tree *t, struct tree_inode *dir, struct span name, struct tree_inode *inode,
	uint32_t layer, struct tree_entry **ret_entry);

/* Removes the entry and all below it. */
void tree_remove(struct tree *t, struct tree_entry *e);

/* Removes what layers below @layer made: the entry, or, of a directory with newer things in it, the
 * rest. */
void tree_remove_older(struct tree *t, struct tree_entry *e, uint32_t layer);
void tree_remove_older_children(struct tree *t, struct tree_inode *dir, uint32_t layer);

/* The path of @e from the root, without a slash in front; cut at the left when it is too long. */
char *tree_path(const struct tree_entry *e, char *buf, size_t n);
