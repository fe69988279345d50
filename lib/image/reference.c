/* SPDX-License-Identifier: MIT */
#include "reference.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static const struct {
	const char *prefix;
	enum reference_kind kind;
} kinds[] = {
	{ "docker://", REFERENCE_REGISTRY },
	{ "oci:", REFERENCE_OCI },
	{ "oci-archive:", REFERENCE_OCI_ARCHIVE },
	{ "docker-archive:", REFERENCE_DOCKER_ARCHIVE },
	{ "dir:", REFERENCE_DIR },
};

/* Lower-case letters and digits stay, runs of all else become a dash. */
static void set_name(struct reference *r, const char *from, size_t n)
{
	size_t k = strlen(r->name);

	for (size_t i = 0; i < n && k < IMAGE_NAME_MAX; i++) {
		char c = (char)tolower((unsigned char)from[i]);
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			     (k > 0 && (c == '.' || c == '_'));

		if (plain)
			r->name[k++] = c;
		else if (k > 0 && r->name[k - 1] != '-')
			r->name[k++] = '-';
	}
	while (k > 0 && !isalnum((unsigned char)r->name[k - 1]))
		k--;
	r->name[k] = '\0';
}

/* "gcc" of docker://docker.io/library/gcc and of gcc:latest, "gcc-13" of gcc:13. */
static void name_registry(struct reference *r)
{
	const char *slash = strrchr(r->path, '/');
	const char *last = slash ? slash + 1 : r->path;
	size_t n = strcspn(last, ":@");

	set_name(r, last, n);
	if (last[n] == ':' && strcmp(last + n, ":latest") != 0) {
		/* The colon becomes the dash between them. */
		set_name(r, last + n, strcspn(last + n, "@"));
	}
}

/* The last name of the path without its endings, or of the tag. */
static void name_local(struct reference *r)
{
	size_t n = strlen(r->path);

	while (n > 1 && r->path[n - 1] == '/')
		n--;
	const char *slash = memrchr(r->path, '/', n);
	const char *last = slash ? slash + 1 : r->path;
	n -= (size_t)(last - r->path);
	const char *dot = memmem(last, n, ".tar", 4);
	if (!dot)
		dot = memmem(last, n, ".oci", 4);
	set_name(r, last, dot ? (size_t)(dot - last) : n);
}

/* Behind what is a path there may be a tag. */
static int split_tag(struct reference *r, struct error *err)
{
	if (access(r->path, F_OK) == 0)
		return 0;
	for (char *colon = r->path; (colon = strchr(colon, ':')); colon++) {
		*colon = '\0';
		if (colon > r->path && access(r->path, F_OK) == 0) {
			r->tag = strdup(colon + 1);
			return r->tag ? 0 : fail(err, -ENOMEM, "read '%s'", r->path);
		}
		*colon = ':';
	}
	return refuse(err, -ENOENT, "'%.300s' does not exist", r->path);
}

int reference_parse(const char *text, struct reference *ret, struct error *err)
{
	cleanup(reference_done) struct reference r = { 0 };
	size_t i, all = sizeof kinds / sizeof *kinds;

	for (i = 0; i < all; i++)
		if (strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			break;
	if (i == all || !text[strlen(kinds[i].prefix)])
		return refuse(err, -EINVAL,
			"'%.200s' is none of docker://NAME[:TAG], oci:DIR, oci-archive:FILE, "
			"docker-archive:FILE, dir:ROOTFS",
			text);
	r.kind = kinds[i].kind;
	r.path = strdup(text + strlen(kinds[i].prefix));
	if (!r.path)
		return fail(err, -ENOMEM, "read '%s'", text);
	int e = r.kind == REFERENCE_REGISTRY ? 0 : split_tag(&r, err);
	if (e < 0)
		return e;
	if (r.kind == REFERENCE_REGISTRY)
		name_registry(&r);
	else
		name_local(&r);
	*ret = r;
	r = (struct reference){ 0 };
	return 0;
}

void reference_done(struct reference *r)
{
	free(r->path);
	free(r->tag);
	*r = (struct reference){ 0 };
}
