/* SPDX-License-Identifier: MIT */
/*
 * The settings of the service. Each has one row in rows.inc, and with it a name in the file, an
 * option and an environment variable. An option counts more than the environment, that more than
 * the file, that more than the default; whatever the order in which they are read.
 *
 * Threads: one; what was finished is only read, by any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "base/span.h"
#include "base/strv.h"
#include "job/job.h"
#include "log/log.h"

/* The values. Texts are never NULL. */
struct config {
	struct strv listen; /* as in network.h */
	char *public_url;
	struct strv trusted_proxies, cors_origins;
	uint64_t max_connections;
	uint64_t idle_timeout_ms, request_timeout_ms, max_request_bytes;

	uint64_t slots; /* 0: as many as cpus */
	char *cpus;     /* see config_cpus() */
	uint64_t reserve_cpus;
	char *store, *kernel, *catalog; /* "": the usual place */
	bool templates, allow_weak_jail;
	uint64_t template_bytes, template_ahead;

	struct job_limits limits, max_limits; /* max_limits.input_bytes is limits.input_bytes */

	uint64_t queue_total, queue_client;
	double rate; /* per second */
	uint64_t rate_burst;
	uint64_t drain_timeout_ms;

	char *state;
	uint64_t cache_memory_bytes, cache_disk_bytes, links_bytes;
	uint64_t link_expire_ms;

	enum log_format log_format;
	enum log_level log_level;

	struct config_origins *origins;
};

/* Rows by number, in the order of rows.inc. */
enum config_type {
	CONFIG_TEXT,
	CONFIG_LIST,
	CONFIG_NUMBER,
	CONFIG_DECIMAL,
	CONFIG_SIZE,
	CONFIG_DURATION,
	CONFIG_FLAG,
	CONFIG_WORD,
};

enum config_check {
	CONFIG_CHECK_NONE,
	CONFIG_CHECK_ADDRESS,
	CONFIG_CHECK_URL,
	CONFIG_CHECK_NETWORK,
	CONFIG_CHECK_ORIGIN,
	CONFIG_CHECK_CPUS,
	CONFIG_CHECK_PATH,
	CONFIG_CHECK_FORMAT,
	CONFIG_CHECK_LEVEL,
};

struct config_row {
	const char *name, *value, *fallback, *help;
	enum config_type type;
	enum config_check check; /* of texts, lists and words */
	uint64_t min, max;       /* of the others */
	size_t offset;           /* in struct config */
};

extern const struct config_row config_rows[];
extern const size_t config_rows_n;

/* From the weakest to the strongest. */
enum config_source {
	CONFIG_DEFAULT,
	CONFIG_FILE,
	CONFIG_ENVIRONMENT,
	CONFIG_OPTION,
};

#define CONFIG_ENV_PREFIX  "PE_SERVE_"
#define CONFIG_SYSTEM_FILE "/etc/program-explorer/serve.yaml"

struct config_origin {
	enum config_source source;
	char *where;
};

/* All defaults. NULL without memory. */
struct config *config_new(void);
void config_free(struct config *c);
void config_freep(struct config **c);

/* The row called @name; NULL when there is none. */
const struct config_row *config_find(const char *name);

/* Where the row's value came from. */
const struct config_origin *config_origin(const struct config *c, const struct config_row *row);

/*
 * Sets a row, unless a stronger source did. Lists take one or several values, with commas between;
 * further options of the same name add to the list. @where is told by config_show() and in messages
 * ("--slots", "serve.yaml:3"). -EINVAL with a message that names @where.
 */
int config_set(struct config *c, const struct config_row *row, const char *text,
	enum config_source source, const char *where, struct error *err);

/* Reads a file; errors say "PATH:LINE: at 'NAME': ...". */
int config_read_file(struct config *c, const char *path, struct error *err);
int config_parse(struct config *c, const char *path, struct span text, struct error *err);

/* Reads all variables that begin with PE_SERVE_, but PE_SERVE_CONFIG. An unknown one is an error.
 */
int config_read_environment(struct config *c, char *const *environment, struct error *err);

/* To be called last: what rows say together must make sense, and directories get their usual
 * places. */
int config_finish(struct config *c, struct error *err);

/* The CPUs for VMs, at most @max of @cpus, by number: what --cpus says of those that this process
 * may use, or all of these but reserve_cpus. Returns how many, or -EINVAL. */
int config_cpus(const struct config *c, unsigned *cpus, size_t max, struct error *err);

/* All settings as a file that config_parse() takes, each with where it came from in a comment. */
void config_show(const struct config *c, FILE *to);
