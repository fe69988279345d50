/* SPDX-License-Identifier: MIT */
/* pe-serve: the service, from its settings to its end. Started by `pe serve`, or by systemd. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cache/cache.h"
#include "cache/links.h"
#include "image/image.h"
#include "jail/settle.h"
#include "parts.h"
#include "../pe/serve.h"
#include "vm/vm.h"

static void write_log(void *ctx, struct span lines)
{
	const struct log *log = ctx;

	if (log->level >= LOG_INFO)
		io_write(log->fd, lines.p, lines.n);
}

static void on_signal(void *ctx)
{
	struct server *v = ctx;
	struct signalfd_siginfo info;

	if (read(v->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	log_line(&v->log, LOG_INFO, "stopping", LOG_T("signal", strsignal((int)info.ssi_signo)));
	notify_systemd("STOPPING=1");
	service_drain(v->service);
}

static int watch_signals(struct server *v, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	v->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return v->signal_fd < 0 ? fail(err, -errno, "watch for signals") : 0;
}

static int start_service(struct server *v, struct error *err)
{
	const struct config *c = v->config;
	struct service_setup setup = {
		.host = &v->host,
		.store = v->store,
		.catalog = *c->catalog ? c->catalog : NULL,
		.cpus = v->cpus,
		.slots = v->slots,
		.limits = { c->limits, c->max_limits },
		.max_waiting = c->queue_total,
		.max_per_client = c->queue_client,
		.rate_per_second = c->rate,
		.rate_burst = (double)c->rate_burst,
		.upload_bytes = 8 * c->max_request_bytes,
		.http = {
			.connections = v->connections,
			.idle_ms = c->idle_timeout_ms,
			.patience_ms = c->request_timeout_ms,
			.bytes_per_second = SLOWEST_CLIENT,
			.head_bytes = HEAD_BYTES,
			.body_bytes = c->max_request_bytes,
		},
		.proxies = c->trusted_proxies.v,
		.origins = c->cors_origins.v,
		.hot_bytes = c->cache_memory_bytes / HOT_SHARE,
		.cache = v->cache,
		.links = v->links,
		.public_url = c->public_url,
		.drain_ms = c->drain_timeout_ms,
		.log = write_log,
		.log_format = c->log_format,
		.log_ctx = &v->log,
	};

	setup.limits.most.input_bytes = c->limits.input_bytes;
	int r = service_new(&setup, &v->service, err);
	return r < 0 ? r
		     : http_server_watch(service_http(v->service), v->signal_fd, on_signal, v, err);
}

/* VMs run without groups of their own as well. */
static void settle(const struct server *v)
{
	struct error err;

	if (cgroup_settle(&err) < 0)
		log_line(&v->log, LOG_WARNING, "cgroup", LOG_T("message", err.text));
}

static int serve(struct server *v, struct error *err)
{
	settle(v);
	int r = watch_signals(v, err);
	if (r == 0)
		r = parts_open(v, err);
	if (r == 0)
		r = start_service(v, err);
	if (r == 0)
		r = parts_listen(v, err);
	if (r < 0)
		return r;
	parts_announce(v);
	notify_systemd("READY=1");
	return service_run(v->service, err);
}

int main(int argc, char **argv)
{
	cleanup_settings struct settings s = { 0 };
	struct serve_options o = { .settings.config = config_new() };
	struct error err;
	int exit_code = PE_EXIT_FAILURE;

	s.config = o.settings.config;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	if (!s.config)
		return PE_EXIT_FAILURE;
	int i = options_read(&serve_command, argc, argv, &o, &exit_code);
	if (i < 0)
		return exit_code;
	if (i < argc) {
		pe_say("serve: takes no '%s'; usage: pe %s", argv[i], serve_command.synopsis);
		return PE_EXIT_USAGE;
	}
	if (settings_load(&o.settings, &err) < 0) {
		pe_say("serve: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	if (o.check) {
		puts("pe serve: the settings are right");
		return 0;
	}
	cleanup(server_done) struct server v = {
		.config = s.config,
		.log = { STDERR_FILENO, s.config->log_format, s.config->log_level },
		.signal_fd = -1,
	};
	if (serve(&v, &err) < 0) {
		pe_say("serve: %s", err.text);
		return PE_EXIT_FAILURE;
	}
	return 0;
}
