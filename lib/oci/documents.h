/* SPDX-License-Identifier: MIT */
/* The JSON that says what an image is: index, manifest, config (OCI image specification), and the
 * manifest.json of `docker save`. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/strv.h"
#include "hash/sha256.h"

enum {
	OCI_DOCUMENT_MAX = 8 << 20,
	OCI_LAYERS_MAX = 512,
	OCI_MANIFESTS_MAX = 1024,
};

/* Something else, told by what it is and its digest. */
struct oci_descriptor {
	char *media_type; /* "" when it is not told */
	char *platform;   /* "linux/arm64/v8"; "" when it is not told */
	char *ref;        /* its name in a layout; "" without one */
	unsigned char digest[SHA256_BYTES];
	uint64_t bytes;
};

struct oci_list {
	struct oci_descriptor *v;
	size_t n;
};

void oci_list_done(struct oci_list *l);

/* The manifests of an index, or of a Docker manifest list. */
int oci_index_parse(struct span text, struct oci_list *ret, struct error *err);

/* The config, as the first, and the layers, from the lowest on. */
int oci_manifest_parse(struct span text, struct oci_list *ret, struct error *err);

/* True when @text is an index rather than a manifest. */
bool oci_is_index(struct span text);

struct oci_config {
	char *platform, *cwd, *user; /* "" when they are not told */
	struct strv entrypoint, cmd, env, labels;
	unsigned char (*diff_ids)[SHA256_BYTES];
	size_t n_diff_ids;
};

int oci_config_parse(struct span text, struct oci_config *ret, struct error *err);
void oci_config_done(struct oci_config *c);

/* One image of manifest.json: the paths of its config and its layers, in this order. @tag picks the
 * one that has it; NULL the only one. */
int oci_docker_parse(struct span text, const char *tag, struct strv *ret_paths, struct error *err);
