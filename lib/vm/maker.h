/* SPDX-License-Identifier: MIT */
/* What the list of templates and the thread that makes them share; see templates.h. */
#pragma once

#include <pthread.h>

#include "enclosure.h"
#include "holder.h"
#include "lessons.h"
#include "templates.h"

struct remote;

struct templates {
	struct remote *remote; /* somebody else's; all else is unused then */
	struct templates_config config;
	bool able; /* the kernel can be forked */
	pthread_t maker;
	pthread_mutex_t lock;
	pthread_cond_t work, done; /* for the maker; for who waits for a template */
	bool stop;
	struct holder *holders;
	struct enclosure enclosure;
	uint64_t enclose_ms; /* when the maker moves the next clone; 0: there is none */
	struct lessons lessons;
	struct templates_stats stats;
};

/* The life of the thread of @templates, a struct templates: until its stop is set. */
void *maker_main(void *templates);

/* No clone of @e is handed out again, and none waits any more. With the lock held. */
void maker_retire(struct holder *e);
