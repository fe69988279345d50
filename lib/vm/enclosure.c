/* SPDX-License-Identifier: MIT */
#include "enclosure.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"

static void forget(struct enclosed *c)
{
	close(c->pidfd);
	cgroup_done(&c->cgroup);
	free(c);
}

static bool has_ended(const struct enclosed *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

void enclosure_add(struct enclosure *e, int pidfd, int pid, uint64_t memory_bytes, uint64_t tasks,
	uint64_t due_ms)
{
	cleanup_fd int fd = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
	struct enclosed *c = fd < 0 ? NULL : calloc(1, sizeof *c);

	if (!c)
		return;
	cgroup_init(&c->cgroup, memory_bytes, tasks);
	c->pidfd = take_fd(fd);
	c->pid = pid;
	c->due_ms = due_ms;
	c->next = e->wanted;
	e->wanted = c;
}

struct enclosed *enclosure_take(struct enclosure *e, uint64_t now_ms, uint64_t *ret_next_ms)
{
	struct enclosed **at = &e->wanted;

	*ret_next_ms = 0;
	for (; *at && (*at)->due_ms > now_ms; at = &(*at)->next)
		*ret_next_ms = (*at)->due_ms;
	return take_ptr(*at);
}

static void sweep(struct enclosure *e)
{
	for (struct enclosed **at = &e->inside; *at;) {
		struct enclosed *c = *at;

		if (!has_ended(c)) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		forget(c);
	}
}

void enclosure_work(struct enclosure *e, struct enclosed *wanted)
{
	while (wanted) {
		struct enclosed *c = wanted;

		wanted = c->next;
		if (has_ended(c)) {
			forget(c);
			continue;
		}
		cgroup_adopt(&c->cgroup, c->pid);
		c->next = e->inside;
		e->inside = c;
	}
	sweep(e);
}

void enclosure_done(struct enclosure *e)
{
	uint64_t next_ms;

	enclosure_work(e, enclosure_take(e, UINT64_MAX, &next_ms));
	while (e->inside) {
		struct enclosed *c = e->inside;

		e->inside = c->next;
		forget(c);
	}
}
