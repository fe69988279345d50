/* SPDX-License-Identifier: MIT */
#include "maker.h"

#include <errno.h>
#include <time.h>

#include "base/cleanup.h"

enum {
	READY_MS = 30000, /* what making one may take on a busy host */
	TICK_MS = 1000,   /* how often the maker looks around without being asked */
};

void maker_retire(struct holder *e)
{
	if (e->state != HOLDER_READY)
		return;
	e->state = HOLDER_RETIRED;
	while (e->n_ahead > 0)
		clone_drop(&e->ahead[--e->n_ahead]);
	template_retire(e->template);
}

/* The maker's work: each step looks for one thing to do, does it without the lock, and says whether
 * there was any. */

static bool make_one(struct templates *t)
{
	struct holder *e = t->holders;

	while (e && e->state != HOLDER_WANTED)
		e = e->next;
	if (!e)
		return false;
	e->state = HOLDER_MAKING;
	cleanup_buf struct buf warm = { 0 };
	if (t->lessons.dir)
		profile_load(t->lessons.dir, e->digest, &warm);
	pthread_mutex_unlock(&t->lock);

	struct vm_template *made = NULL;
	struct error err = { "" };
	int r = template_boot(
		&e->spec, buf_span(&warm), buf_span(&e->live), t->config.usual, &made, &err);
	if (r == 0)
		r = template_await(made, READY_MS, &err);
	if (r < 0)
		template_free(take_ptr(made));

	pthread_mutex_lock(&t->lock);
	e->template = made;
	e->state = r < 0 ? HOLDER_FAILED : HOLDER_READY;
	e->error = err;
	e->made_ms = holder_now_ms();
	*(r < 0 ? &t->stats.failed : &t->stats.made) += 1;
	/* It takes the place of those that knew less. */
	for (struct holder *other = t->holders; r == 0 && other; other = other->next)
		if (other != e && holder_serves(other, e->digest, &e->spec))
			maker_retire(other);
	pthread_cond_broadcast(&t->done);
	return true;
}

static bool free_retired(struct templates *t)
{
	for (struct holder **at = &t->holders; *at; at = &(*at)->next) {
		struct holder *e = *at;

		if (e->state != HOLDER_RETIRED || e->running > 0)
			continue;
		*at = e->next;
		pthread_mutex_unlock(&t->lock);
		holder_free(e);
		pthread_mutex_lock(&t->lock);
		return true;
	}
	return false;
}

/* One that has not been used for longest, when they are too large together. */
static bool evict_one(struct templates *t)
{
	struct holder *oldest = NULL;
	uint64_t bytes = 0, n = 0;

	for (struct holder *e = t->holders; e; e = e->next) {
		if (e->state != HOLDER_READY)
			continue;
		n++;
		bytes += template_bytes(e->template);
		if (!oldest || e->used_ms < oldest->used_ms)
			oldest = e;
	}
	if (n < 2 || bytes <= t->config.memory_bytes)
		return false;
	maker_retire(oldest);
	return true;
}

static size_t waiting_on(const struct holder *e, int cpu)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n_ahead; i++)
		n += e->ahead[i].cpu == cpu;
	return n;
}

/* A CPU of a ready template that has too few clones waiting; -1 for none. */
static int short_of_clones(const struct templates *t, const struct holder *e)
{
	if (e->state != HOLDER_READY || e->n_ahead == TEMPLATES_AHEAD_MAX)
		return -1;
	/* A clone in the making would take its time from one that runs. */
	for (int cpu = 0; cpu < HOLDER_CPUS; cpu++)
		if (e->cpus[cpu].asked && e->cpus[cpu].busy == 0 &&
			waiting_on(e, cpu) < t->config.ahead)
			return cpu;
	return -1;
}

static bool fork_ahead(struct templates *t)
{
	int cpu = -1;
	struct holder *e = t->holders;
	struct clone c;
	struct error err;

	while (t->config.ahead > 0 && e && (cpu = short_of_clones(t, e)) < 0)
		e = e->next;
	if (cpu < 0)
		return false;
	e->running++;
	pthread_mutex_unlock(&t->lock);

	int r = template_fork(e->template, cpu, true, &c, &err);

	pthread_mutex_lock(&t->lock);
	if (r == 0)
		e->ahead[e->n_ahead++] = c;
	else if (r == -EIO)
		maker_retire(e);
	e->running--;
	return r == 0;
}

static bool enclose(struct templates *t)
{
	struct enclosed *wanted = enclosure_take(&t->enclosure, holder_now_ms(), &t->enclose_ms);

	pthread_mutex_unlock(&t->lock);
	enclosure_work(&t->enclosure, wanted);
	pthread_mutex_lock(&t->lock);
	if (wanted)
		t->enclosure.rest_ms = holder_now_ms() + ENCLOSURE_PAUSE_MS;
	return wanted != NULL;
}

static void await_work(struct templates *t)
{
	struct timespec until;
	uint64_t now = holder_now_ms(), wait_ms = TICK_MS;

	if (t->enclose_ms)
		wait_ms = t->enclose_ms > now ? t->enclose_ms - now : 1;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
	until.tv_sec += (time_t)(wait_ms / 1000) + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&t->work, &t->lock, &until);
}

void *maker_main(void *templates)
{
	struct templates *t = templates;
	static bool (*const steps[])(
		struct templates *) = { free_retired, fork_ahead, make_one, evict_one, enclose };

	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		bool busy = false;

		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			busy |= steps[i](t);
		if (!busy && !t->stop)
			await_work(t);
	}
	while (t->holders) {
		struct holder *e = t->holders;

		t->holders = e->next;
		holder_free(e);
	}
	enclosure_done(&t->enclosure);
	lessons_done(&t->lessons);
	pthread_mutex_unlock(&t->lock);
	return NULL;
}
