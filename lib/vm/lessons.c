/* SPDX-License-Identifier: MIT */
#include "lessons.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bundle/warm.h"

enum {
	RUNS_MAX = 16,                   /* that are watched, of one image */
	FRUITLESS_MAX = 4,               /* of them one after the other that show nothing new */
	MISSED_MAX = 512 << 10,          /* bytes that clones may read without our wondering */
	FULL_PAGES = WARM_PAGES_MAX / 2, /* of a list that may have no room for what is new */
};

struct lesson {
	struct lesson *next;
	char digest[80];
	unsigned runs, fruitless;
	uint64_t missed; /* bytes that clones have read since one was watched */
	bool known, curious, started_over;
};

int lessons_open(struct lessons *l, const char *dir)
{
	*l = (struct lessons){ .dir = dir ? strdup(dir) : NULL };
	return dir && !l->dir ? -ENOMEM : 0;
}

void lessons_done(struct lessons *l)
{
	while (l->first) {
		struct lesson *next = l->first->next;
		free(l->first);
		l->first = next;
	}
	free(l->dir);
}

/* NULL when there is no memory, or nothing is learnt. */
static struct lesson *find(struct lessons *l, const char *digest)
{
	struct lesson *lesson = l->first;
	cleanup_buf struct buf profile = { 0 };

	if (!l->dir)
		return NULL;
	while (lesson && strcmp(lesson->digest, digest) != 0)
		lesson = lesson->next;
	if (lesson)
		return lesson;
	lesson = calloc(1, sizeof *lesson);
	if (!lesson)
		return NULL;
	snprintf(lesson->digest, sizeof lesson->digest, "%s", digest);
	lesson->known = profile_load(l->dir, digest, &profile) == 0 && profile.n > 0;
	lesson->curious = !lesson->known;
	lesson->next = l->first;
	l->first = lesson;
	return lesson;
}

bool lessons_known(struct lessons *l, const char *digest)
{
	struct lesson *lesson = find(l, digest);

	/* A profile that cannot be had is not waited for. */
	return !lesson || lesson->known || lesson->runs > 0;
}

bool lessons_curious(struct lessons *l, const char *digest)
{
	struct lesson *lesson = find(l, digest);

	if (!lesson || !lesson->curious)
		return false;
	lesson->curious = false;
	lesson->missed = 0;
	lesson->runs++;
	return true;
}

/*
 * A run that reads everything there is leaves no room for what others need, and its pages are in
 * the page cache of each later clone, which says so. Starting over is with a run that boots, once.
 */
static void start_over(struct lessons *l, struct lesson *lesson)
{
	profile_forget(l->dir, lesson->digest);
	lesson->known = false;
	lesson->curious = lesson->started_over = true;
	lesson->runs = lesson->fruitless = 0;
}

int lessons_learn(struct lessons *l, const char *digest, struct span list, bool *ret_more)
{
	struct lesson *lesson = find(l, digest);
	cleanup_buf struct buf old = { 0 };
	cleanup_buf struct buf all = { 0 };

	*ret_more = false;
	if (!lesson)
		return 0;
	if (list.n == 0 && lesson->known) {
		/* A clone that had read nothing: the next one, then. */
		lesson->curious = true;
		lesson->runs--;
		return 0;
	}
	profile_load(l->dir, digest, &old);
	int r = profile_merge(buf_span(&old), list, &all);
	if (r < 0)
		return r;
	if (profile_pages(buf_span(&all)) != profile_pages(buf_span(&old))) {
		lesson->fruitless = 0;
	} else {
		lesson->fruitless++;
		if (profile_pages(buf_span(&old)) > FULL_PAGES && !lesson->started_over) {
			start_over(l, lesson);
			return 0;
		}
	}
	/* Names without pages do not say that there is more to learn, but are not thrown away. */
	if (span_equal(buf_span(&all), buf_span(&old)))
		return 0;
	r = profile_store(l->dir, digest, buf_span(&all));
	if (r < 0)
		return r;
	lesson->known = *ret_more = true;
	return 0;
}

void lessons_missed(struct lessons *l, const char *digest, uint64_t bytes)
{
	struct lesson *lesson = find(l, digest);

	if (!lesson)
		return;
	lesson->missed += bytes;
	if (lesson->missed > MISSED_MAX && lesson->runs < RUNS_MAX &&
		lesson->fruitless < FRUITLESS_MAX)
		lesson->curious = true;
}
