/* SPDX-License-Identifier: MIT */
/* A guest's list of what it has read, on arbitrary bytes: what is joined is a list again,
 * within the limits, and joining it with itself changes nothing. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "bundle/warm.h"
#include "vm/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_buf struct buf once = { 0 };
	cleanup_buf struct buf twice = { 0 };
	struct span list = { (const char *)data, size }, none = { "", 0 };

	if (profile_merge(list, none, &once) < 0)
		return 0;
	if (once.n > WARM_TEXT_MAX || profile_pages(buf_span(&once)) > WARM_PAGES_MAX)
		abort();
	if (profile_merge(buf_span(&once), buf_span(&once), &twice) < 0 ||
		!span_equal(buf_span(&once), buf_span(&twice)))
		abort();
	return 0;
}
