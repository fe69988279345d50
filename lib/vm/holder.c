/* SPDX-License-Identifier: MIT */
#include "holder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

uint64_t holder_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool is_job_disk(size_t i)
{
	return i == VM_INPUT_DISK || i == VM_OUTPUT_DISK;
}

static void freep(struct holder **e)
{
	holder_free(*e);
}

struct holder *holder_new(const char *digest, const struct vm_spec *spec)
{
	cleanup(freep) struct holder *e = calloc(1, sizeof *e);

	if (!e)
		return NULL;
	for (size_t i = 0; i < VM_DISKS_MAX; i++)
		e->disks[i].fd = -1;
	snprintf(e->digest, sizeof e->digest, "%s", digest);
	e->spec = *spec;
	e->spec.ram_bytes = templates_class(spec->ram_bytes);
	e->spec.cpu_seconds = UINT32_MAX;
	e->spec.disks = e->disks;
	e->spec.image = NULL;
	for (size_t i = 0; i < spec->n_disks; i++) {
		e->disks[i].writable = spec->disks[i].writable;
		if (is_job_disk(i))
			continue;
		e->disks[i].fd = fcntl(spec->disks[i].fd, F_DUPFD_CLOEXEC, 3);
		if (e->disks[i].fd < 0)
			return NULL;
	}
	e->used_ms = holder_now_ms();
	return take_ptr(e);
}

bool holder_serves(const struct holder *e, const char *digest, const struct vm_spec *spec)
{
	return e->state != HOLDER_RETIRED && strcmp(e->digest, digest) == 0 &&
	       e->spec.ram_bytes == templates_class(spec->ram_bytes) &&
	       e->spec.n_disks == spec->n_disks;
}

void holder_free(struct holder *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n_ahead; i++)
		clone_drop(&e->ahead[i]);
	template_free(e->template);
	buf_done(&e->live);
	for (size_t i = 0; i < VM_DISKS_MAX; i++)
		cleanup_closep(&e->disks[i].fd);
	free(e);
}

bool holder_take_ahead(struct holder *e, int cpu, struct clone *ret)
{
	/* The latest: the processor's caches may still have what it has written. */
	for (size_t i = e->n_ahead; i-- > 0;)
		if (e->ahead[i].cpu == cpu) {
			*ret = e->ahead[i];
			memmove(&e->ahead[i], &e->ahead[i + 1],
				(--e->n_ahead - i) * sizeof *e->ahead);
			return true;
		}
	return false;
}
