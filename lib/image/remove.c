/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "image.h"
#include "place.h"

int image_store_remove(const char *store, const char *name, struct error *err)
{
	if (!image_name_valid(name))
		return refuse(err, -EINVAL, "'%.80s' is no image name", name);

	cleanup_fd int dir = place_open(store, err);
	if (dir < 0)
		return dir;

	/* What it had is left to gc; a file of an older version goes with it. */
	if (unlinkat(dir, place_config(name).path, 0) < 0)
		return errno == ENOENT
			       ? refuse(err, -ENOENT, "no image '%s' in '%s'", name, store)
			       : fail(err, -errno, "remove image '%s' from '%s'", name, store);
	if (unlinkat(dir, place_rootfs(name).path, 0) < 0 && errno != ENOENT)
		return fail(err, -errno, "remove image '%s' from '%s'", name, store);
	return 0;
}
