/* SPDX-License-Identifier: MIT */
/*
 * Is the service able to run anything? When no run has shown it for a while, one of its own does:
 * /bin/true (or what is said of its absence) in the smallest image, behind all others in the queue.
 */
#include "internal.h"

#include <string.h>
#include <sys/eventfd.h>

#include "image/image.h"

enum { PROBE_AFTER_MS = 20000, PROBE_TIMEOUT_MS = 5000, PROBE_MEMORY = 64 << 20, PAUSE_MS = 2000 };

struct probe {
	struct http_mail mail; /* first */
	struct service *service;
	struct ticket *ticket; /* NULL: none is under way */
	uint64_t next_ms;
};

struct probe *probe_new(struct service *s)
{
	struct probe *p = calloc(1, sizeof *p);

	if (p)
		p->service = s;
	return p;
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	if (p->ticket)
		queue_leave(p->service->queue, p->ticket);
	free(p);
}

static char *smallest_image(const char *store)
{
	struct image **list = NULL;
	size_t n = 0, best = 0;
	struct error ignored;
	char *name = NULL;

	if (image_list(store, &list, &n, &ignored) < 0)
		return NULL;
	for (size_t i = 1; i < n; i++)
		if (list[i]->bytes < list[best]->bytes)
			best = i;
	if (n > 0)
		name = strdup(list[best]->name);
	image_list_free(list, n);
	return name;
}

static struct job *make_job(void)
{
	struct job *j = job_new();

	if (!j)
		return NULL;
	j->limits.timeout_ms = PROBE_TIMEOUT_MS;
	j->limits.memory_bytes = PROBE_MEMORY;
	if (strv_add(&j->argv, "/bin/true") == 0)
		return j;
	job_free(j);
	return NULL;
}

static struct cargo *make_cargo(struct service *s)
{
	struct cargo *c = calloc(1, sizeof *c);
	struct error ignored;

	if (!c)
		return NULL;
	*c = (struct cargo){ .service = s, .cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
	c->job = make_job();
	c->image_name = smallest_image(s->setup.store);
	if (c->cancel_fd >= 0 && c->job && c->image_name &&
		images_get(s->images, c->image_name, &c->image, &ignored) == 0)
		return c;
	cargo_release(c);
	return NULL;
}

static void ended(void *ctx, struct http_mail *m)
{
	struct probe *p = (struct probe *)m;

	(void)ctx;
	queue_leave(p->service->queue, p->ticket);
	p->ticket = NULL;
}

static void on_finished(void *waiter, const void *outcome)
{
	struct probe *p = waiter;

	(void)outcome;
	p->mail.call = ended;
	http_post(p->service->http, &p->mail);
}

static const struct waiter_ops ops = { .finished = on_finished };

void probe_look(struct probe *p)
{
	struct service *s = p->service;
	uint64_t now = serve_clock_us() / 1000,
		 last = __atomic_load_n(&s->last_run_ms, __ATOMIC_RELAXED);
	struct queue_place place;

	if (p->ticket || s->draining || now < p->next_ms || (last && now < last + PROBE_AFTER_MS))
		return;
	p->next_ms = now + PAUSE_MS;
	struct cargo *cargo = make_cargo(s);
	if (!cargo)
		return;
	const struct queue_request request = {
		.client = "probe", .payload = cargo, .ops = &ops, .waiter = p
	};
	if (queue_join(s->queue, &request, &p->ticket, &place) < 0)
		cargo_release(cargo);
}
