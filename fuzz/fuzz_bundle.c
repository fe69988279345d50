/* SPDX-License-Identifier: MIT */
/* The bundle reader on arbitrary bytes: every entry it gives lies inside them and has a safe name.
 */
#include <stdint.h>
#include <stdlib.h>

#include "bundle/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span all = { (const char *)data, size };
	struct bundle_reader r;
	struct bundle_entry e;
	struct error err;
	volatile char sum = 0;

	bundle_reader_init(&r, all);
	while (bundle_next(&r, &e, &err) > 0) {
		if (bundle_name_check(e.name) < 0 || e.name.n > size || e.data.n > size)
			abort();
		for (size_t i = 0; i < e.data.n; i++)
			sum = (char)(sum + e.data.p[i]);
	}
	return 0;
}
