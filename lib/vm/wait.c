/* SPDX-License-Identifier: MIT */
#include "vm.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int vm_wait(const struct vm_engine *engine, struct vm *vm, int cancel_fd, uint64_t timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = engine->event_fd(vm), .events = POLLIN },
		{ .fd = cancel_fd, .events = POLLIN },
	};
	uint64_t deadline = now_ms() + timeout_ms;

	for (;;) {
		uint64_t now = now_ms(), left = now < deadline ? deadline - now : 0;
		int n = poll(p, 2, left < 3600000 ? (int)left : 3600000);
		if (n > 0)
			return p[0].revents ? 0 : -ECANCELED;
		if (n < 0 && errno != EINTR)
			return -errno;
		if (now >= deadline)
			return -ETIME;
	}
}
