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
	*(e->last ? &e->last->next : &e->wanted) = c;
	e->last = c;
}

static struct enclosed *pop(struct enclosure *e)
{
	struct enclosed *c = e->wanted;

	e->wanted = c->next;
	if (!e->wanted)
		e->last = NULL;
	c->next = NULL;
	return c;
}

struct enclosed *enclosure_take(struct enclosure *e, uint64_t now_ms, uint64_t *ret_next_ms)
{
	while (e->wanted && has_ended(e->wanted))
		forget(pop(e));
	*ret_next_ms = 0;
	if (!e->wanted)
		return NULL;
	if (e->wanted->due_ms <= now_ms && e->rest_ms <= now_ms)
		return pop(e);
	*ret_next_ms = e->wanted->due_ms > e->rest_ms ? e->wanted->due_ms : e->rest_ms;
	return NULL;
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

void enclosure_work(struct enclosure *e, struct enclosed *c)
{
	if (c) {
		cgroup_adopt(&c->cgroup, c->pid);
		c->next = e->inside;
		e->inside = c;
	}
	sweep(e);
}

void enclosure_done(struct enclosure *e)
{
	while (e->wanted)
		forget(pop(e));
	while (e->inside) {
		struct enclosed *c = e->inside;

		e->inside = c->next;
		forget(c);
	}
}
