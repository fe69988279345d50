/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "job/result.h"
#include "metrics/metrics.h"

#include <cmocka.h>

static char *text_of(const struct metrics *m)
{
	struct buf b = { 0 };

	assert_int_equal(metrics_format(m, &b), 0);
	assert_int_equal(buf_add(&b, "", 1), 0);
	return b.p;
}

static void assert_line(const char *text, const char *line)
{
	const char *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n') || at[strlen(line)] != '\n')
		fail_msg("no line '%s' in\n%s", line, text);
}

static void test_counters_and_gauges(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metrics_add(m, METRIC_RUNS, RESULT_TIMEOUT, 2);
	metrics_add(m, METRIC_RUNS, RESULT_TIMEOUT, 1);
	metrics_gauge(m, METRIC_CONNECTIONS, 0, 5);
	metrics_gauge(m, METRIC_CONNECTIONS, 0, -2);
	metrics_set(m, METRIC_CACHE_BYTES, METRIC_TIER_DISK, 77);
	metrics_add(m, METRIC_RUNS, 1000, 1); /* no such label: nothing happens */
	cleanup_free char *text = text_of(m);
	assert_line(text, "# TYPE pe_runs_total counter");
	assert_line(text, "pe_runs_total{outcome=\"timeout\"} 3");
	assert_line(text, "pe_runs_total{outcome=\"exited\"} 0");
	assert_line(text, "# TYPE pe_http_connections gauge");
	assert_line(text, "pe_http_connections 3");
	assert_line(text, "pe_cache_bytes{tier=\"disk\"} 77");
	assert_null(strstr(text, "pe_cache_bytes{tier=\"\"}"));
	assert_non_null(strstr(text, "\nprocess_open_fds "));
	assert_int_equal(metrics_value(m, METRIC_RUNS, RESULT_TIMEOUT), 3);
	metrics_free(m);
}

/* Every outcome that there is has its word here. */
static void test_outcomes_have_their_words(void **state)
{
	struct metrics *m = metrics_new();
	cleanup_free char *text = text_of(m);

	(void)state;
	for (unsigned o = 0; o < RESULT_OUTCOMES; o++) {
		char line[80];

		snprintf(line, sizeof line, "pe_runs_total{outcome=\"%s\"} 0",
			result_outcome_word(o));
		assert_line(text, line);
	}
	metrics_free(m);
}

static void test_histograms(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metrics_observe(m, METRIC_PHASE_SECONDS, METRIC_PHASE_KERNEL, 10);
	metrics_observe(m, METRIC_PHASE_SECONDS, METRIC_PHASE_KERNEL, 11);
	metrics_observe(m, METRIC_PHASE_SECONDS, METRIC_PHASE_KERNEL, 20000);
	metrics_observe(m, METRIC_PHASE_SECONDS, METRIC_PHASE_KERNEL, 3600000000);
	cleanup_free char *text = text_of(m);
	assert_line(text, "# TYPE pe_phase_seconds histogram");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"1e-05\"} 1");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"2.5e-05\"} 2");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"0.01\"} 2");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"0.025\"} 3");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"60\"} 3");
	assert_line(text, "pe_phase_seconds_bucket{phase=\"kernel\",le=\"+Inf\"} 4");
	assert_line(text, "pe_phase_seconds_count{phase=\"kernel\"} 4");
	assert_line(text, "pe_phase_seconds_sum{phase=\"kernel\"} 3600.020021");
	assert_line(text, "pe_phase_seconds_count{phase=\"total\"} 0");
	metrics_free(m);
}

/* What Prometheus takes for a sample: a name, labels in quotes, a number; HELP and TYPE once for
 * each name. */
static void test_every_line_is_one(void **state)
{
	struct metrics *m = metrics_new();
	cleanup_free char *text = text_of(m);
	size_t types = 0;

	(void)state;
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "# HELP ", 7) == 0)
			continue;
		if (strncmp(line, "# TYPE ", 7) == 0) {
			types++;
			continue;
		}
		char *space = strrchr(line, ' '), *end = NULL;
		assert_non_null(space);
		strtod(space + 1, &end);
		assert_true(end != space + 1 && *end == '\0');
		*space = '\0';
		size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
		assert_true(name > 3);
		assert_true(line[name] == '\0' || (line[name] == '{' && space[-1] == '}'));
	}
	assert_true(types >= METRICS);
	metrics_free(m);
}

static void *add_many(void *arg)
{
	for (int i = 0; i < 10000; i++) {
		metrics_add(arg, METRIC_COALESCED, 0, 1);
		metrics_observe(arg, METRIC_REQUEST_SECONDS, METRIC_ROUTE_RUNS, 100);
	}
	return NULL;
}

static void test_threads_lose_nothing(void **state)
{
	struct metrics *m = metrics_new();
	pthread_t threads[4];

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, m), 0);
	free(text_of(m));
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cleanup_free char *text = text_of(m);
	assert_line(text, "pe_coalesced_total 40000");
	assert_line(text, "pe_http_request_seconds_count{route=\"runs\"} 40000");
	assert_line(text, "pe_http_request_seconds_sum{route=\"runs\"} 4.000000");
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counters_and_gauges),
		cmocka_unit_test(test_outcomes_have_their_words),
		cmocka_unit_test(test_histograms),
		cmocka_unit_test(test_every_line_is_one),
		cmocka_unit_test(test_threads_lose_nothing),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
