/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "config/network.h"

#include <cmocka.h>

static struct config *make(void)
{
	struct config *c = config_new();

	assert_non_null(c);
	return c;
}

static int parse(struct config *c, const char *text, struct error *err)
{
	return config_parse(c, "serve.yaml", span_of(text), err);
}

static void assert_refused(const char *text, const char *what)
{
	cleanup(config_freep) struct config *c = make();
	struct error err = { "" };

	assert_int_equal(parse(c, text, &err), -EINVAL);
	if (!strstr(err.text, what))
		fail_msg("'%s' is not in '%s'", what, err.text);
}

static void test_defaults(void **state)
{
	cleanup(config_freep) struct config *c = make();
	struct error err = { "" };

	(void)state;
	if (config_finish(c, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(c->listen.n, 1);
	assert_string_equal(c->listen.v[0], "127.0.0.1:8080");
	assert_int_equal(c->limits.timeout_ms, job_limits_default.timeout_ms);
	assert_int_equal(c->limits.memory_bytes, job_limits_default.memory_bytes);
	assert_int_equal(c->limits.output_bytes, job_limits_default.output_bytes);
	assert_int_equal(c->limits.scratch_bytes, job_limits_default.scratch_bytes);
	assert_int_equal(c->limits.pids, job_limits_default.pids);
	assert_int_equal(c->limits.input_bytes, job_limits_default.input_bytes);
	assert_int_equal(c->link_expire_ms, 0);
	assert_true(*c->state);
	assert_int_equal(c->log_format, LOG_LOGFMT);
	assert_int_equal(c->log_level, LOG_INFO);
	for (size_t i = 0; i < config_rows_n; i++) {
		assert_string_equal(config_origin(c, &config_rows[i])->where, "default");
		/* Names are options and variables. */
		assert_int_equal(strspn(config_rows[i].name, "abcdefghijklmnopqrstuvwxyz-"),
			strlen(config_rows[i].name));
		assert_ptr_equal(config_find(config_rows[i].name), &config_rows[i]);
	}
}

static const char file[] = "# how we run\n"
			   "listen: [\"[::1]:80\", unix:/run/pe.sock]\n"
			   "slots: 3\n"
			   "rate: 2.5\n"
			   "cache-disk: 12G\n"
			   "drain-timeout: 5m\n"
			   "templates: no\n"
			   "log-format: json\n"
			   "store: /srv/images\n"
			   "trusted-proxies:\n"
			   "  - 10.0.0.0/8\n"
			   "  - ::1\n";

static void test_file(void **state)
{
	cleanup(config_freep) struct config *c = make();
	struct error err = { "" };

	(void)state;
	if (parse(c, file, &err) < 0 || config_finish(c, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(c->listen.n, 2);
	assert_string_equal(c->listen.v[0], "[::1]:80");
	assert_string_equal(c->listen.v[1], "unix:/run/pe.sock");
	assert_int_equal(c->slots, 3);
	assert_true(c->rate > 2.49 && c->rate < 2.51);
	assert_int_equal(c->cache_disk_bytes, (uint64_t)12 << 30);
	assert_int_equal(c->drain_timeout_ms, 300000);
	assert_false(c->templates);
	assert_int_equal(c->log_format, LOG_JSON);
	assert_string_equal(c->store, "/srv/images");
	assert_int_equal(c->trusted_proxies.n, 2);
	assert_string_equal(config_origin(c, config_find("slots"))->where, "serve.yaml:3");
	assert_string_equal(
		config_origin(c, config_find("trusted-proxies"))->where, "serve.yaml:10");
	assert_string_equal(config_origin(c, config_find("pids"))->where, "default");
}

static void test_file_errors(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{ "slots: 3\nsloths: 4\n", "serve.yaml:2: Unexpected key: sloths" },
		{ "slots: 3\n\nslots: 4\n", "serve.yaml:3: Mapping field already seen: slots" },
		{ "\nslots: many\n", "serve.yaml:2: at 'slots': 'many' is not a whole number" },
		{ "slots: 5000\n",
			"serve.yaml:1: at 'slots': '5000' is out of range: from 0 to 4096" },
		{ "slots: -1\n", "'-1' is not a whole number" },
		{ "slots:\n", "at 'slots': '' is not a whole number" },
		{ "slots: [1]\n", "serve.yaml:1: at 'slots'" },
		{ "a: 1\n", "serve.yaml:1: Unexpected key: a" },
		{ "- a\n", "serve.yaml:1" },
		{ "slots: 3\n  x: [\n",
			"serve.yaml:2: mapping values are not allowed in this context" },
		{ "slots: 3\nlisten: [\n\n", "serve.yaml:4: did not find expected node content" },
		{ "slots: \x01\n", "serve.yaml:1: control characters are not allowed" },
		{ "---\n", "serve.yaml:1: Expecting MAPPING" },
		{ "listen: 127.0.0.1:80\n", "serve.yaml:1: at 'listen'" },
		{ "listen:\n - 127.0.0.1:80\n - example\n",
			"serve.yaml:1: at 'listen': 'example' is no address" },
		{ "listen: [\"1.1.1.1:1,2.2.2.2:2\"]\n", "has a comma: write a list" },
		{ "\nlisten: [\"\"]\n", "serve.yaml:2: at 'listen': '' is empty" },
		{ "trusted-proxies: [10.0.0.1/8]\n",
			"at 'trusted-proxies': network '10.0.0.1/8' has bits set" },
		{ "rate: -2\n", "at 'rate': '-2' is not a number such as 10 or 0.5" },
		{ "rate: 5s\n", "at 'rate': '5s' is not a number" },
		{ "memory: 1T\n", "at 'memory': '1T' is not a size such as 512M" },
		{ "memory: 1K\n", "at 'memory': '1K' is out of range: from 4194304" },
		{ "timeout: soon\n", "at 'timeout': 'soon' is not a time such as 10s" },
		{ "templates: perhaps\n", "at 'templates': 'perhaps' is not yes or no" },
		{ "log-level: loud\n",
			"at 'log-level': 'loud' is none of error, warning, info, debug" },
		{ "cors-origins: [example.org]\n",
			"at 'cors-origins': 'example.org' is no origin" },
		{ "cors-origins: [\"https://example.org/path\"]\n", "no path" },
		{ "public-url: ftp://example.org\n",
			"at 'public-url': 'ftp://example.org' is no address of a site" },
		{ "cpus: 3-1\n", "at 'cpus': '3-1' is no list of CPUs such as 0-3,6" },
		{ "slots: &x 3\nqueue: *x\n", "serve.yaml:2" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_refused(cases[i].text, cases[i].what);
}

static void test_empty_files(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "{}\n" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		cleanup(config_freep) struct config *c = make();
		struct error err = { "" };

		if (parse(c, texts[i], &err) < 0)
			fail_msg("'%s': %s", texts[i], err.text);
		assert_int_equal(c->queue_total, 1000);
	}
}

static int set(struct config *c, const char *name, const char *text, struct error *err)
{
	char where[64];

	snprintf(where, sizeof where, "--%s", name);
	return config_set(c, config_find(name), text, CONFIG_OPTION, where, err);
}

/* Option over environment over file over default, in whatever order they are read. */
static void test_precedence(void **state)
{
	char *const environment[] = { (char *)(uintptr_t) "PE_SERVE_SLOTS=2",
		(char *)(uintptr_t) "PE_SERVE_QUEUE=7", (char *)(uintptr_t) "HOME=/",
		(char *)(uintptr_t) "PE_SERVE_CONFIG=elsewhere", NULL };
	cleanup(config_freep) struct config *c = make();
	struct error err = { "" };

	(void)state;
	assert_int_equal(set(c, "slots", "1", &err), 0);
	assert_int_equal(parse(c, "slots: 3\nqueue: 8\npids: 9\n", &err), 0);
	assert_int_equal(config_read_environment(c, environment, &err), 0);
	assert_int_equal(c->slots, 1);
	assert_int_equal(c->queue_total, 7);
	assert_int_equal(c->limits.pids, 9);
	assert_string_equal(config_origin(c, config_find("slots"))->where, "--slots");
	assert_string_equal(config_origin(c, config_find("queue"))->where, "$PE_SERVE_QUEUE");
	assert_string_equal(config_origin(c, config_find("pids"))->where, "serve.yaml:3");
	/* A value that does not count is wrong all the same. */
	assert_int_equal(parse(c, "slots: x\n", &err), -EINVAL);
}

static void test_lists(void **state)
{
	cleanup(config_freep) struct config *c = make();
	struct error err = { "" };

	(void)state;
	assert_int_equal(set(c, "listen", "127.0.0.1:1,unix:/x", &err), 0);
	assert_int_equal(set(c, "listen", "systemd", &err), 0);
	assert_int_equal(c->listen.n, 3);
	assert_string_equal(c->listen.v[1], "unix:/x");
	assert_string_equal(c->listen.v[2], "systemd");
	assert_int_equal(set(c, "listen", "nowhere", &err), -EINVAL);
	assert_int_equal(c->listen.n, 3);
	assert_int_equal(set(c, "cors-origins", "", &err), 0);
	assert_int_equal(c->cors_origins.n, 0);
	cleanup(config_freep) struct config *other = make();
	assert_int_equal(parse(other, "cors-origins: []\n", &err), 0);
	assert_int_equal(other->cors_origins.n, 0);
}

static void test_environment_errors(void **state)
{
	static const struct {
		const char *variable, *what;
	} cases[] = {
		{ "PE_SERVE_SLOTZ=3",
			"'PE_SERVE_SLOTZ' is no setting; near names: PE_SERVE_SLOTS" },
		{ "PE_SERVE_SLOTS=x", "$PE_SERVE_SLOTS: 'x' is not a whole number" },
		{ "PE_SERVE_slots=3", "is no setting" },
		{ "PE_SERVE_=3", "is no setting" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		cleanup(config_freep) struct config *c = make();
		char *const environment[] = { (char *)(uintptr_t)cases[i].variable, NULL };
		struct error err = { "" };

		assert_int_equal(config_read_environment(c, environment, &err), -EINVAL);
		if (!strstr(err.text, cases[i].what))
			fail_msg("'%s' is not in '%s'", cases[i].what, err.text);
	}
}

static void test_finish(void **state)
{
	cleanup(config_freep) struct config *c = make();
	cleanup(config_freep) struct config *deaf = make();
	struct error err = { "" };

	(void)state;
	assert_int_equal(set(c, "timeout", "2m", &err), 0);
	assert_int_equal(config_finish(c, &err), -EINVAL);
	assert_string_equal(
		err.text, "'timeout' (--timeout) is larger than 'max-timeout' (default)");
	assert_int_equal(set(deaf, "listen", "", &err), 0);
	assert_int_equal(config_finish(deaf, &err), -EINVAL);
	assert_non_null(strstr(err.text, "nowhere to listen"));
}

/* What is shown is a file that says the same. */
static void test_show_reads_back(void **state)
{
	cleanup(config_freep) struct config *c = make();
	cleanup(config_freep) struct config *again = make();
	cleanup_free char *text = NULL;
	cleanup_free char *second = NULL;
	struct error err = { "" };
	size_t n;

	(void)state;
	assert_int_equal(parse(c, file, &err), 0);
	assert_int_equal(set(c, "catalog", "/a \"b\" \\ # c\x01 \xc3\xa4", &err), 0);
	FILE *f = open_memstream(&text, &n);
	config_show(c, f);
	fclose(f);
	assert_non_null(strstr(text, "slots: 3  # serve.yaml:3\n"));
	assert_non_null(strstr(text, "cache-disk: 12G  # serve.yaml:5\n"));
	assert_non_null(strstr(text, "drain-timeout: 5m  #"));
	assert_non_null(strstr(text, "idle-timeout: 1m  # default\n"));
	if (parse(again, text, &err) < 0)
		fail_msg("%s\n%s", err.text, text);
	assert_string_equal(again->catalog, c->catalog);
	assert_int_equal(again->listen.n, 2);
	f = open_memstream(&second, &n);
	config_show(again, f);
	fclose(f);
	/* But for where it came from. */
	char *a = text, *b = second, *save_a = NULL, *save_b = NULL;
	for (a = strtok_r(a, "\n", &save_a), b = strtok_r(b, "\n", &save_b); a && b;
		a = strtok_r(NULL, "\n", &save_a), b = strtok_r(NULL, "\n", &save_b)) {
		*strrchr(a, '#') = '\0';
		*strrchr(b, '#') = '\0';
		assert_string_equal(a, b);
	}
	assert_true(!a && !b);
}

static void test_cpus(void **state)
{
	cleanup(config_freep) struct config *c = make();
	unsigned cpus[CPU_SETSIZE];
	struct error err = { "" };
	char one[16];
	cpu_set_t may;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof may, &may), 0);
	int all = CPU_COUNT(&may);
	assert_int_equal(config_cpus(c, cpus, CPU_SETSIZE, &err), all > 1 ? all - 1 : 1);
	assert_int_equal(set(c, "reserve-cpus", "4000", &err), 0);
	assert_int_equal(config_cpus(c, cpus, CPU_SETSIZE, &err), 1);
	snprintf(one, sizeof one, "%u", cpus[0]);
	assert_int_equal(set(c, "cpus", one, &err), 0);
	assert_int_equal(config_cpus(c, cpus, CPU_SETSIZE, &err), 1);
	assert_int_equal(set(c, "cpus", "0-1023", &err), 0);
	assert_int_equal(config_cpus(c, cpus, CPU_SETSIZE, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not exist or is not ours"));
}

static void test_addresses(void **state)
{
	static const char *const bad[] = { "", "8080", "host:80", "1.2.3.4",
		"1.2.3.4:", "1.2.3.4:65536", "[::1]", "::1:80", "[]:80", "[1.2.3.4]:80",
		"unix:", "unix:relative", "1.2.3.4:80x",
		"0000000000000000000000000000000000000000000000000000000000000000000000000:1" };
	struct address a;
	struct error err;

	(void)state;
	assert_int_equal(address_parse("127.0.0.1:8080", &a, &err), 0);
	assert_int_equal(a.kind, ADDRESS_IP);
	assert_int_equal(a.v4.sin_port, htons(8080));
	assert_int_equal(a.n, sizeof a.v4);
	assert_int_equal(address_parse("[::1]:0", &a, &err), 0);
	assert_int_equal(a.v6.sin6_family, AF_INET6);
	assert_int_equal(address_parse(":80", &a, &err), 0);
	assert_int_equal(a.v6.sin6_family, AF_INET6);
	assert_int_equal(address_parse("localhost:80", &a, &err), 0);
	assert_int_equal(ntohl(a.v4.sin_addr.s_addr), 0x7f000001);
	assert_int_equal(address_parse("unix:/run/x", &a, &err), 0);
	assert_int_equal(a.kind, ADDRESS_UNIX);
	assert_string_equal(a.path.sun_path, "/run/x");
	assert_int_equal(address_parse("systemd", &a, &err), 0);
	assert_int_equal(a.kind, ADDRESS_SYSTEMD);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(address_parse(bad[i], &a, &err), -EINVAL);
}

static bool inside(const char *network, const char *address)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct network n;
	struct error err;

	assert_int_equal(network_parse(network, &n, &err), 0);
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return network_contains(&n, (const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return network_contains(&n, (const struct sockaddr *)&v6);
}

static void test_networks(void **state)
{
	static const char *const bad[] = { "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0", "::1/129",
		"10.0.0.1/8", "2001:db8::1/32", "host", "10.0.0.0/", "unix/8" };
	const struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct network n;
	struct error err;

	(void)state;
	assert_true(inside("10.0.0.0/8", "10.255.1.2"));
	assert_false(inside("10.0.0.0/8", "11.0.0.0"));
	assert_true(inside("192.0.2.128/25", "192.0.2.200"));
	assert_false(inside("192.0.2.128/25", "192.0.2.100"));
	assert_true(inside("192.0.2.1", "192.0.2.1"));
	assert_true(inside("0.0.0.0/0", "8.8.8.8"));
	assert_true(inside("2001:db8::/32", "2001:db8:1::5"));
	assert_false(inside("2001:db8::/32", "2001:db9::5"));
	assert_true(inside("::1", "::1"));
	assert_true(inside("10.0.0.0/8", "::ffff:10.1.2.3"));
	assert_false(inside("::/0", "10.1.2.3"));
	assert_int_equal(network_parse("unix", &n, &err), 0);
	assert_true(network_contains(&n, (const struct sockaddr *)&local));
	assert_false(inside("unix", "127.0.0.1"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(network_parse(bad[i], &n, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_errors),
		cmocka_unit_test(test_empty_files),
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_environment_errors),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_show_reads_back),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
