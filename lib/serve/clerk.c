/* SPDX-License-Identifier: MIT */
#include "clerk.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct clerk {
	struct http_server *http;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct chore *first, *last;
	bool ending;
};

static struct chore *take(struct clerk *k)
{
	pthread_mutex_lock(&k->lock);
	while (!k->first && !k->ending)
		pthread_cond_wait(&k->wake, &k->lock);
	struct chore *c = k->first;
	if (c) {
		k->first = c->next;
		if (!k->first)
			k->last = NULL;
	}
	pthread_mutex_unlock(&k->lock);
	return c;
}

static void finish(void *ctx, struct http_mail *m)
{
	struct chore *c = (struct chore *)m;

	c->done(ctx, c);
}

static void *work(void *arg)
{
	struct clerk *k = arg;
	struct chore *c;

	while ((c = take(k))) {
		c->work(c);
		c->mail.call = finish;
		http_post(k->http, &c->mail);
	}
	return NULL;
}

int clerk_start(struct http_server *http, struct clerk **ret, struct error *err)
{
	struct clerk *k = calloc(1, sizeof *k);

	if (!k)
		return fail(err, -ENOMEM, "start the clerk");
	k->http = http;
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->wake, NULL);
	int r = pthread_create(&k->thread, NULL, work, k);
	if (r > 0) {
		free(k);
		return fail(err, -r, "start the clerk");
	}
	*ret = k;
	return 0;
}

void clerk_give(struct clerk *k, struct chore *c)
{
	c->next = NULL;
	pthread_mutex_lock(&k->lock);
	*(k->last ? &k->last->next : &k->first) = c;
	k->last = c;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
}

void clerk_end(struct clerk *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->ending = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	pthread_join(k->thread, NULL);
	pthread_mutex_destroy(&k->lock);
	pthread_cond_destroy(&k->wake);
	free(k);
}
