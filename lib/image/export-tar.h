/* SPDX-License-Identifier: MIT */
/* The root file system of an image as a tar archive, to wherever. */
#pragma once

#include "export.h"
#include "tar/write.h"

int export_to(const struct image *img, const struct tar_writer *w, const struct tool_watch *watch,
	struct error *err);
