/* SPDX-License-Identifier: MIT */
#include "templates.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "maker.h"
#include "remote.h"

#define MIB ((uint64_t)1 << 20)

enum {
	RETRY_MS = 60000,   /* after a failure */
	HOLDERS_MAX = 64,   /* templates at a time */
	DEFAULT_MIB = 1024, /* of all templates together */
};

uint64_t templates_class(uint64_t ram_bytes)
{
	uint64_t step = 64 * MIB;

	while (step * 8 < ram_bytes)
		step *= 2;
	return (ram_bytes + step - 1) / step * step;
}

/* A ready one if there is any. */
static struct holder *find(struct templates *t, const char *digest, const struct vm_spec *spec)
{
	struct holder *found = NULL;

	for (struct holder *e = t->holders; e; e = e->next)
		if (holder_serves(e, digest, spec) && (!found || e->state == HOLDER_READY))
			found = e;
	return found;
}

static size_t count(const struct templates *t)
{
	size_t n = 0;

	for (const struct holder *e = t->holders; e; e = e->next)
		n++;
	return n;
}

/* One more that is wanted. NULL when there can be none. */
static struct holder *add(struct templates *t, const char *digest, const struct vm_spec *spec)
{
	if (!t->able || count(t) >= HOLDERS_MAX)
		return NULL;
	struct holder *e = holder_new(digest, spec);
	if (!e)
		return NULL;
	e->spec.kernel = t->config.kernel;
	e->spec.init = t->config.init;
	e->spec.weak_jail = t->config.weak_jail;
	if (t->config.live && spec->image)
		t->config.live(spec->image, &e->live);
	e->next = t->holders;
	t->holders = e;
	pthread_cond_signal(&t->work);
	return e;
}

/* Looks up or asks for a template. NULL when there can be none now. */
static struct holder *want(struct templates *t, const char *digest, const struct vm_spec *spec)
{
	struct holder *e = find(t, digest, spec);

	if (!e)
		return add(t, digest, spec);
	if (e->state == HOLDER_FAILED && holder_now_ms() - e->made_ms > RETRY_MS) {
		e->state = HOLDER_WANTED;
		pthread_cond_signal(&t->work);
	}
	return e;
}

bool templates_curious(struct templates *t, const char *digest)
{
	if (t->remote)
		return remote_curious(t->remote, digest) == 1;
	pthread_mutex_lock(&t->lock);
	bool curious = t->able && lessons_curious(&t->lessons, digest);
	pthread_mutex_unlock(&t->lock);
	return curious;
}

static bool is_coming(const struct templates *t, const char *digest, const struct vm_spec *spec)
{
	for (const struct holder *e = t->holders; e; e = e->next)
		if (holder_serves(e, digest, spec) && e->state == HOLDER_WANTED)
			return true;
	return false;
}

void templates_learn(
	struct templates *t, const char *digest, const struct vm_spec *spec, struct span list)
{
	bool more = false;

	if (t->remote) {
		remote_learn(t->remote, digest, spec, list);
		return;
	}
	pthread_mutex_lock(&t->lock);
	lessons_learn(&t->lessons, digest, list, &more);
	if (more && !is_coming(t, digest, spec))
		add(t, digest, spec);
	pthread_mutex_unlock(&t->lock);
}

void templates_missed(struct templates *t, const char *digest, uint64_t bytes)
{
	if (t->remote) {
		remote_missed(t->remote, digest, bytes);
		return;
	}
	pthread_mutex_lock(&t->lock);
	lessons_missed(&t->lessons, digest, bytes);
	pthread_mutex_unlock(&t->lock);
}

static void release(struct templates *t, struct holder *e, int cpu)
{
	e->running--;
	if (cpu >= 0 && cpu < HOLDER_CPUS)
		e->cpus[cpu].busy--;
	e->used_ms = holder_now_ms();
	if (t->config.ahead > 0 || (e->state == HOLDER_RETIRED && e->running == 0))
		pthread_cond_signal(&t->work);
}

void templates_gone(struct vm *vm)
{
	struct templates *t = vm->templates;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	release(t, vm->holder, vm->clone_cpu);
	pthread_mutex_unlock(&t->lock);
	vm->templates = NULL;
}

/* Forks or takes a clone of @e, which cannot go away meanwhile, and starts it. */
static int start(struct templates *t, struct holder *e, const struct vm_spec *spec,
	struct clone *ready, struct vm **ret, struct error *err)
{
	struct clone c = *ready;
	int r = c.pidfd >= 0 ? 0 : template_fork(e->template, spec->cpu, false, &c, err);

	if (r == 0)
		r = clone_start(&c, spec, ret, err);
	pthread_mutex_lock(&t->lock);
	if (r < 0) {
		if (r == -EIO)
			maker_retire(e);
		release(t, e, spec->cpu);
	} else {
		(*ret)->templates = t;
		(*ret)->holder = e;
		(*ret)->clone_cpu = spec->cpu;
		e->clones++;
		t->stats.clones++;
		(*ret)->host_processes = vm_host_processes(spec);
	}
	pthread_mutex_unlock(&t->lock);
	return r;
}

void templates_settle(struct vm *vm)
{
	struct templates *t = vm->templates;

	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	enclosure_add(&t->enclosure, vm->clone_pidfd, vm->clone_pid,
		vm_host_bytes(&vm->holder->spec), vm->host_processes,
		holder_now_ms() + ENCLOSURE_AFTER_MS);
	/* A maker that has a clone to move comes by itself. */
	if (!t->enclose_ms)
		pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
}

int templates_start(struct templates *t, const char *digest, const struct vm_spec *spec,
	struct vm **ret, struct error *err)
{
	struct clone ready = CLONE_NONE;

	if (t->remote)
		return remote_start(t->remote, digest, spec, ret, err);
	pthread_mutex_lock(&t->lock);
	/* The first runs of an image show what its template should have read. */
	struct holder *e = lessons_known(&t->lessons, digest) ? want(t, digest, spec) : NULL;
	bool usable = e && e->state == HOLDER_READY;
	if (usable) {
		e->running++;
		e->used_ms = holder_now_ms();
		if (spec->cpu >= 0 && spec->cpu < HOLDER_CPUS) {
			e->cpus[spec->cpu].asked = true;
			e->cpus[spec->cpu].busy++;
		}
		holder_take_ahead(e, spec->cpu, &ready);
	} else {
		t->stats.cold++;
	}
	pthread_mutex_unlock(&t->lock);
	if (!usable)
		return refuse(err, -EAGAIN, "no template of '%s' yet", digest);
	return start(t, e, spec, &ready, ret, err);
}

int templates_warm(struct templates *t, const char *digest, const struct vm_spec *spec,
	uint64_t timeout_ms, struct error *err)
{
	struct timespec until;
	int r = 0;

	if (t->remote)
		return remote_warm(t->remote, digest, spec, timeout_ms, err);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(timeout_ms / 1000);
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}

	pthread_mutex_lock(&t->lock);
	struct holder *e = want(t, digest, spec);
	while (e && (e->state == HOLDER_WANTED || e->state == HOLDER_MAKING) && r == 0) {
		r = pthread_cond_timedwait(&t->done, &t->lock, &until);
		e = find(t, digest, spec);
	}
	if (!t->able)
		r = refuse(err, -EOPNOTSUPP, "this guest kernel cannot be forked");
	else if (r != 0)
		r = refuse(err, -ETIME, "the template was not ready in time");
	else if (!e)
		r = refuse(err, -EAGAIN, "no room for a template of '%s'", digest);
	else if (e->state == HOLDER_FAILED)
		r = refuse(err, -EIO, "%s", e->error.text);
	pthread_mutex_unlock(&t->lock);
	return r;
}

void templates_drop(struct templates *t, const char *digest)
{
	pthread_mutex_lock(&t->lock);
	for (struct holder *e = t->holders; e; e = e->next)
		if (!digest || strcmp(e->digest, digest) == 0)
			maker_retire(e);
	pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
}

void templates_stats(struct templates *t, struct templates_stats *ret)
{
	*ret = (struct templates_stats){ .clones = 0 };
	if (t->remote)
		return;
	pthread_mutex_lock(&t->lock);
	*ret = t->stats;
	for (const struct holder *e = t->holders; e; e = e->next)
		if (e->state == HOLDER_READY) {
			ret->alive++;
			ret->waiting += e->n_ahead;
			ret->bytes += template_bytes(e->template);
		}
	pthread_mutex_unlock(&t->lock);
}

void templates_list(
	struct templates *t, void (*tell)(void *ctx, const struct template_info *info), void *ctx)
{
	static const char *const words[] = {
		[HOLDER_WANTED] = "wanted",
		[HOLDER_MAKING] = "making",
		[HOLDER_READY] = "ready",
		[HOLDER_FAILED] = "failed",
		[HOLDER_RETIRED] = "retired",
	};

	pthread_mutex_lock(&t->lock);
	uint64_t now = holder_now_ms();
	for (const struct holder *e = t->holders; e; e = e->next) {
		const struct template_info info = {
			.digest = e->digest,
			.state = words[e->state],
			.ram_bytes = e->spec.ram_bytes,
			.bytes = e->template ? template_bytes(e->template) : 0,
			.clones = e->clones,
			.running = e->running,
			.age_ms = e->made_ms ? now - e->made_ms : 0,
			.idle_ms = now - e->used_ms,
			.message = e->state == HOLDER_FAILED ? e->error.text : "",
		};
		tell(ctx, &info);
	}
	pthread_mutex_unlock(&t->lock);
}

int templates_new(const struct templates_config *config, struct templates **ret, struct error *err)
{
	cleanup_free struct templates *t = calloc(1, sizeof *t);

	if (!t)
		return fail(err, -ENOMEM, "make templates");
	t->config = *config;
	if (t->config.memory_bytes == 0)
		t->config.memory_bytes = DEFAULT_MIB * MIB;
	t->able = vm_kernel_has(config->kernel, "clone-request") &&
		  vm_kernel_has(config->kernel, "fd-files");
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	pthread_cond_init(&t->done, NULL);
	int r = lessons_open(&t->lessons, config->profiles);
	if (r < 0)
		return fail(err, r, "make templates");
	r = -pthread_create(&t->maker, NULL, maker_main, t);
	if (r < 0)
		return fail(err, r, "start the thread that makes templates");
	*ret = take_ptr(t);
	return 0;
}

int templates_connect(
	const struct vm_kernel *kernel, struct span init, struct templates **ret, struct error *err)
{
	cleanup_free struct templates *t = calloc(1, sizeof *t);

	if (!t)
		return fail(err, -ENOMEM, "ask for templates");
	int r = remote_open(kernel, init, &t->remote, err);
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

void templates_free(struct templates *t)
{
	if (!t)
		return;
	if (t->remote) {
		remote_close(t->remote);
		free(t);
		return;
	}
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->maker, NULL);
	pthread_cond_destroy(&t->work);
	pthread_cond_destroy(&t->done);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void templates_freep(struct templates **t)
{
	templates_free(*t);
}
