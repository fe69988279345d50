/* SPDX-License-Identifier: MIT */
/* An image that lies in a box: its config, and its layers ready to be read. */
#pragma once

#include "box.h"
#include "documents.h"

struct oci_layer {
	struct box_file file;
	char *name; /* for messages: its digest, or its path */
	bool has_digest;
	unsigned char digest[SHA256_BYTES];
};

struct oci_image {
	struct oci_config config;
	struct oci_layer *layers; /* the lowest first; as many as there are diff ids */
	size_t n;
};

/*
 * Opens the image of an OCI layout that is named @tag (NULL: the only one) and is for @platform
 * (NULL: this machine's). Documents are held against their digests. Messages name the box.
 */
int oci_open_layout(struct box *b, const char *tag, const char *platform, struct oci_image *ret,
	struct error *err);

/* The same of an archive of `docker save`. */
int oci_open_docker(struct box *b, const char *tag, const char *platform, struct oci_image *ret,
	struct error *err);

void oci_image_done(struct oci_image *i);
