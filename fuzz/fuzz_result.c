/* SPDX-License-Identifier: MIT */
/* An arbitrary output disk, read into a result and printed: what a hostile guest can send us. */
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "job/json.h"
#include "sys/io.h"
#include "sys/memfd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct result_origin origin = { "image", "sha256:0", "uml" };
	cleanup(result_freep) struct result *r = NULL;
	cleanup_fd int fd = memfd_new("fuzz");
	struct error err;

	if (fd < 0 || io_write(fd, data, size) < 0 || result_read(fd, true, &r, &err) < 0)
		return 0;
	json_t *o = result_to_json(r, &origin);
	char *text = json_dumps(o, 0);
	if (!text)
		abort();
	free(text);
	json_decref(o);
	return 0;
}
