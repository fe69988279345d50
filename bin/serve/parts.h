/* SPDX-License-Identifier: MIT */
/* What the service is made of, opened as the settings say. */
#pragma once

#include "config/config.h"
#include "log/log.h"
#include "run/run.h"
#include "serve/service.h"
#include "sys/io.h"

enum {
	SLOTS_MAX = 4096,
	HOT_SHARE = 4, /* of the memory for results: so much for replies that are made already */
	HEAD_BYTES = 16 << 10,     /* of a request: more is answered 431 */
	SLOWEST_CLIENT = 16 << 10, /* bytes a second, once the time for any request is over */
};

struct server {
	const struct config *config;
	struct log log;
	struct vm_kernel *kernel;
	char *store;
	struct cache *cache;
	struct links *links;
	struct templates *templates;
	struct buf usual; /* the config that they expect */
	struct run_host host;
	struct service *service;
	int cpus[SLOTS_MAX];
	size_t slots, connections;
	int signal_fd;
};

/* Kernel, cache, links, slots and room for connections. */
int parts_open(struct server *v, struct error *err);

/* All addresses of the settings. */
int parts_listen(struct server *v, struct error *err);

/* Tells a person where it listens, and a command that works. */
void parts_announce(const struct server *v);

void server_done(struct server *v);

/* As sd_notify(3); nothing happens when nobody asked for it. */
void notify_systemd(const char *state);
