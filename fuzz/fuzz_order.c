/* SPDX-License-Identifier: MIT */
/* Arbitrary JSON as a job: what is taken is within its limits and can be packed; what is not says
 * why. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "job/job.h"
#include "image/image.h"
#include "serve/order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void done(struct order *o)
{
	order_done(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char program[] = "true", name[] = "fuzz", *argv[] = { program, NULL };
	const struct image img = { .name = name, .cmd = { argv, 1 } };
	struct order_limits limits = { job_limits_default, job_limits_default };
	cleanup(done) struct order o = { 0 };
	struct order_fault fault;
	struct error err;
	int fd = -1;

	limits.most.input_bytes = 1 << 20;
	int r = order_read((struct span){ (const char *)data, size }, &limits, &o, &fault);
	if (r == 0)
		r = order_check(&o, &fault);
	if (r == -EINVAL && !*fault.detail)
		abort();
	if (r < 0)
		return 0;
	if (!o.image || job_input_size(o.job) > limits.most.input_bytes ||
		o.job->limits.timeout_ms > limits.most.timeout_ms ||
		job_pack(o.job, &img, 0, &fd, &err) < 0)
		abort();
	close(fd);
	return 0;
}
