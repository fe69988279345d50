/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "check.h"

/* What a job gets must be what it may ask for. */
static int check_limits(const struct config *c, struct error *err)
{
	const struct {
		const char *name, *max_name;
		uint64_t value, max;
	} rows[] = {
		{ "timeout", "max-timeout", c->limits.timeout_ms, c->max_limits.timeout_ms },
		{ "memory", "max-memory", c->limits.memory_bytes, c->max_limits.memory_bytes },
		{ "output", "max-output", c->limits.output_bytes, c->max_limits.output_bytes },
		{ "scratch", "max-scratch", c->limits.scratch_bytes, c->max_limits.scratch_bytes },
		{ "pids", "max-pids", c->limits.pids, c->max_limits.pids },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].value > rows[i].max)
			return refuse(err, -EINVAL, "'%s' (%s) is larger than '%s' (%s)",
				rows[i].name, config_origin(c, config_find(rows[i].name))->where,
				rows[i].max_name,
				config_origin(c, config_find(rows[i].max_name))->where);
	return 0;
}

/* Of several, the first is ours. */
static char *usual_state(void)
{
	const char *systemd = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");
	char *path = NULL;

	if (systemd && *systemd)
		return strndup(systemd, strcspn(systemd, ":"));
	if (xdg && *xdg)
		return asprintf(&path, "%s/program-explorer", xdg) < 0 ? NULL : path;
	if (home && *home)
		return asprintf(&path, "%s/.local/state/program-explorer", home) < 0 ? NULL : path;
	return NULL;
}

static int place_state(struct config *c, struct error *err)
{
	cleanup_free char *path = NULL;

	if (*c->state)
		return 0;
	path = usual_state();
	if (!path)
		return refuse(err, -EINVAL,
			"'state': no directory to keep results and links in (no $HOME)");
	free(c->state);
	c->state = take_ptr(path);
	return 0;
}

int config_finish(struct config *c, struct error *err)
{
	int r = check_limits(c, err);

	if (c->listen.n == 0)
		r = refuse(err, -EINVAL, "'listen' (%s): nowhere to listen",
			config_origin(c, config_find("listen"))->where);
	c->max_limits.input_bytes = c->limits.input_bytes;
	return r < 0 ? r : place_state(c, err);
}

static int add_cpu(unsigned cpu, unsigned *cpus, size_t *n, size_t max)
{
	if (*n < max)
		cpus[(*n)++] = cpu;
	return 0;
}

/* All but the first ones, where Linux has most of its interrupts. */
static size_t usual_cpus(const struct config *c, const cpu_set_t *may, unsigned *cpus, size_t max)
{
	size_t n = 0, all = (size_t)CPU_COUNT(may);
	size_t skip = c->reserve_cpus < all ? c->reserve_cpus : all - 1;

	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, may))
			continue;
		if (skip > 0)
			skip--;
		else
			add_cpu(i, cpus, &n, max);
	}
	return n;
}

int config_cpus(const struct config *c, unsigned *cpus, size_t max, struct error *err)
{
	bool wanted[CPU_SETSIZE] = { false };
	cpu_set_t may;
	size_t n = 0;

	if (sched_getaffinity(0, sizeof may, &may) < 0)
		return fail(err, -errno, "ask which CPUs there are");
	if (!*c->cpus)
		return (int)usual_cpus(c, &may, cpus, max);
	int r = config_parse_cpus(c->cpus, wanted, CPU_SETSIZE, err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < CPU_SETSIZE; i++) {
		if (wanted[i] && !CPU_ISSET(i, &may))
			return refuse(err, -EINVAL,
				"'cpus' (%s): CPU %u does not exist or is not ours",
				config_origin(c, config_find("cpus"))->where, i);
		if (wanted[i])
			add_cpu(i, cpus, &n, max);
	}
	return (int)n;
}
