/* SPDX-License-Identifier: MIT */
/* What of the image is in the page cache. */
#pragma once

#include "init.h"

void warm_load(void);           /* the initramfs' list, while it has a name */
void warm_cache(void);          /* reads what the list says */
struct span warm_record(void);  /* a list of what is there now */
uint64_t warm_bytes_read(void); /* of the image, from its disks, since boot */
