/* SPDX-License-Identifier: MIT */
#include "parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache/cache.h"
#include "cache/links.h"
#include "config/network.h"
#include "http/listen.h"
#include "image/image.h"
#include "../pe/pe.h"
#include "run/live-command.h"
#include "vm/templates.h"
#include "vm/vm.h"

extern const char init_image_start[], init_image_end[];

/* Descriptors that are not connections': a VM has some twenty while it starts, each run that waits
 * has one. */
enum { FILES_OWN = 128, FILES_PER_SLOT = 64, CONNECTIONS_MIN = 16 };

static int make_directory(const char *path, struct error *err)
{
	cleanup_free char *copy = strdup(path);

	if (!copy)
		return fail(err, -ENOMEM, "make directory '%s'", path);
	for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return fail(err, -errno, "make directory '%s'", copy);
		*p = '/';
	}
	if (mkdir(copy, 0700) < 0 && errno != EEXIST)
		return fail(err, -errno, "make directory '%s'", path);
	return 0;
}

static void on_notice(void *ctx, const char *text)
{
	log_line(ctx, LOG_WARNING, "cache", LOG_T("message", text));
}

static int open_kept(struct server *v, struct error *err)
{
	const struct config *c = v->config;
	const struct cache_setup cache = {
		.dir = c->state,
		.memory_bytes = c->cache_memory_bytes,
		.disk_bytes = c->cache_disk_bytes,
		.notice = on_notice,
		.ctx = &v->log,
	};
	char path[4096];

	int r = make_directory(c->state, err);
	if (r == 0)
		r = cache_open(&cache, &v->cache, err);
	if (r < 0 || c->links_bytes == 0)
		return r;
	snprintf(path, sizeof path, "%s/links.db", c->state);
	const struct links_setup links = {
		.path = path,
		.max_bytes = c->links_bytes,
		.expire_s = c->link_expire_ms / 1000,
	};
	return links_open(&links, &v->links, err);
}

static int count_slots(struct server *v, struct error *err)
{
	const struct config *c = v->config;
	unsigned cpus[SLOTS_MAX];

	int n = config_cpus(c, cpus, SLOTS_MAX, err);
	if (n < 0)
		return n;
	v->slots = c->slots ? c->slots : (size_t)n;
	for (size_t i = 0; i < v->slots; i++)
		v->cpus[i] = (int)cpus[i % (size_t)n];
	return 0;
}

/* As many descriptors as we may have; connections get what the rest leaves. */
static int count_connections(struct server *v, struct error *err)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return fail(err, -errno, "read the limit of open files");
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	getrlimit(RLIMIT_NOFILE, &files);

	uint64_t own = FILES_OWN + FILES_PER_SLOT * v->slots + v->config->queue_total,
		 wanted = v->config->max_connections;
	if (own + CONNECTIONS_MIN > files.rlim_cur)
		return refuse(err, -EMFILE,
			"%llu open files are too few for %zu slots and a queue of %llu; %llu are "
			"needed",
			(unsigned long long)files.rlim_cur, v->slots,
			(unsigned long long)v->config->queue_total,
			(unsigned long long)(own + CONNECTIONS_MIN));
	v->connections = files.rlim_cur - own < wanted ? files.rlim_cur - own : wanted;
	if (v->connections < wanted)
		log_line(&v->log, LOG_WARNING, "limit",
			LOG_T("message", "fewer open files than connections"),
			LOG_N("connections", v->connections), LOG_N("files", files.rlim_cur));
	return 0;
}

static struct span own_init(void)
{
	return (struct span){ init_image_start, (size_t)(init_image_end - init_image_start) };
}

static int open_templates(struct server *v, struct error *err)
{
	cleanup_free char *profiles = NULL;

	if (asprintf(&profiles, "%s/warm", v->store) < 0 || job_usual_config(&v->usual) < 0)
		return fail(err, -ENOMEM, "keep templates");
	const struct templates_config config = {
		.kernel = v->kernel,
		.init = own_init(),
		.memory_bytes = v->config->template_bytes,
		.ahead = v->config->template_ahead,
		.weak_jail = v->config->allow_weak_jail,
		.profiles = profiles,
		.usual = buf_span(&v->usual),
		.live = live_command,
	};
	return templates_new(&config, &v->templates, err);
}

int parts_open(struct server *v, struct error *err)
{
	const struct config *c = v->config;

	v->store = image_store_path(*c->store ? c->store : NULL);
	if (!v->store)
		return fail(err, -ENOENT, "find the image store (no $HOME)");
	int r = vm_kernel_open(*c->kernel ? c->kernel : NULL, &v->kernel, err);
	if (r == 0)
		r = open_kept(v, err);
	if (r == 0)
		r = count_slots(v, err);
	if (r == 0)
		r = count_connections(v, err);
	if (r < 0)
		return r;
	r = c->templates ? open_templates(v, err) : 0;
	if (r < 0)
		return r;
	v->host = (struct run_host){
		.engine = &vm_engine_uml,
		.kernel = v->kernel,
		.init = own_init(),
		.cpu = -1,
		.weak_jail = c->allow_weak_jail,
		.templates = v->templates,
	};
	return 0;
}

static int listen_to_inherited(struct server *v, struct error *err)
{
	int fds[LISTEN_MAX], n = listen_inherited(fds), r = 0;

	if (n == 0)
		return refuse(
			err, -ENOENT, "systemd handed over no sockets (setting 'listen: systemd')");
	for (int i = 0; r == 0 && i < n; i++)
		r = http_server_listen(service_http(v->service), fds[i], err);
	return r;
}

int parts_listen(struct server *v, struct error *err)
{
	const struct strv *list = &v->config->listen;

	for (size_t i = 0; i < list->n; i++) {
		struct address a;

		int r = address_parse(list->v[i], &a, err);
		if (r == 0 && a.kind == ADDRESS_SYSTEMD)
			r = listen_to_inherited(v, err);
		if (r < 0)
			return r;
		if (a.kind == ADDRESS_SYSTEMD)
			continue;
		int fd = listen_open(&a, list->v[i], err);
		if (fd < 0)
			return fd;
		r = http_server_listen(service_http(v->service), fd, err);
		if (r < 0)
			return r;
	}
	return 0;
}

void parts_announce(const struct server *v)
{
	char name[160];
	int fd;

	for (size_t i = 0; (fd = http_server_socket(service_http(v->service), i)) >= 0; i++) {
		listen_name(fd, name, sizeof name);
		printf("pe: serving on %s%s\n", strncmp(name, "unix:", 5) == 0 ? "" : "http://",
			name);
		if (i == 0 && strncmp(name, "unix:", 5) != 0)
			printf("pe: try: curl http://%s/api/v1/runs -H 'Content-Type: "
			       "application/json' "
			       "-d '{\"image\":\"shell\",\"argv\":[\"uname\",\"-a\"]}'\n",
				name);
	}
	fflush(stdout);
}

void server_done(struct server *v)
{
	service_free(v->service);
	templates_free(v->templates);
	buf_done(&v->usual);
	links_close(v->links);
	cache_close(v->cache);
	vm_kernel_free(v->kernel);
	free(v->store);
	cleanup_closep(&v->signal_fd);
}
