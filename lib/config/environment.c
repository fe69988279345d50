/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/near.h"

/* "PE_SERVE_CACHE_DISK" for "cache-disk". */
static bool is_variable_of(const struct config_row *row, struct span name)
{
	struct span rest = span_skip(name, sizeof CONFIG_ENV_PREFIX - 1);

	if (rest.n != strlen(row->name))
		return false;
	for (size_t i = 0; i < rest.n; i++) {
		char c = row->name[i];

		if (rest.p[i] != (c == '-' ? '_' : c >= 'a' && c <= 'z' ? c - 32 : c))
			return false;
	}
	return true;
}

static int refuse_unknown(struct span name, struct error *err)
{
	cleanup_free char *text = strndup(name.p, name.n);
	cleanup_strv struct strv names = { 0 };
	char near[NEAR_TEXT_MAX];

	for (size_t i = 0; i < config_rows_n; i++) {
		if (strv_addf(&names, CONFIG_ENV_PREFIX "%s", config_rows[i].name) < 0)
			break;
		for (char *c = names.v[names.n - 1]; *c; c++)
			*c = (char)(*c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
	}
	if (!text)
		return fail(err, -ENOMEM, "read the environment");
	if (names.n == 0 || near_text(text, &names, near, sizeof near) == 0)
		return refuse(err, -EINVAL, "environment variable '%.80s' is no setting", text);
	return refuse(err, -EINVAL, "environment variable '%.80s' is no setting; near names: %s",
		text, near);
}

static int set_variable(struct config *c, struct span name, const char *value, struct error *err)
{
	char where[64];

	if (span_equal(name, SPAN_LITERAL(CONFIG_ENV_PREFIX "CONFIG")))
		return 0;
	for (size_t i = 0; i < config_rows_n; i++) {
		if (!is_variable_of(&config_rows[i], name))
			continue;
		snprintf(where, sizeof where, "$%.*s", (int)name.n, name.p);
		return config_set(c, &config_rows[i], value, CONFIG_ENVIRONMENT, where, err);
	}
	return refuse_unknown(name, err);
}

int config_read_environment(struct config *c, char *const *environment, struct error *err)
{
	int r = 0;

	for (; r == 0 && *environment; environment++) {
		struct span pair = span_of(*environment), name;

		if (!span_starts(pair, SPAN_LITERAL(CONFIG_ENV_PREFIX)) ||
			!span_cut(&pair, '=', &name))
			continue;
		r = set_variable(
			c, name, *environment + name.n + (pair.p > *environment + name.n), err);
	}
	return r;
}
