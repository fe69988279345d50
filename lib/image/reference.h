/* SPDX-License-Identifier: MIT */
/* What a person calls an image that is to be added: "docker://debian:12", "oci:DIR:TAG" and so on.
 */
#pragma once

#include "base/error.h"
#include "image.h"

enum reference_kind {
	REFERENCE_REGISTRY,       /* docker://HOST/NAME:TAG or @DIGEST */
	REFERENCE_OCI,            /* oci:DIR[:NAME] */
	REFERENCE_OCI_ARCHIVE,    /* oci-archive:FILE[:NAME] */
	REFERENCE_DOCKER_ARCHIVE, /* docker-archive:FILE[:NAME:TAG] */
	REFERENCE_DIR,            /* dir:ROOTFS */
};

struct reference {
	enum reference_kind kind;
	char *path; /* without the prefix and the tag; of a registry all that stands behind
		       docker:// */
	char *tag;  /* NULL without one; never of a registry */
	char name[IMAGE_NAME_MAX + 1]; /* what the image would be called */
};

/* -EINVAL lists the kinds there are. */
int reference_parse(const char *text, struct reference *ret, struct error *err);
void reference_done(struct reference *r);
