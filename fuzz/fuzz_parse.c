/* SPDX-License-Identifier: MIT */
/* Numbers, sizes, times and key=value lines on arbitrary bytes. */
#include <stdint.h>

#include "base/parse.h"
#include "bundle/kv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span s = { (const char *)data, size }, rest = s, k, v;
	uint64_t n;

	parse_u64(s, UINT64_MAX, &n);
	parse_hex(s, &n);
	parse_size(s, &n);
	parse_duration_ms(s, &n);
	while (kv_next(&rest, &k, &v))
		parse_size(v, &n);
	kv_get_u64(s, "key", 100, &n);
	return 0;
}
