/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "test_support.h"

/* The child puts and says so; it is killed whenever. What it said must be there. */
static void acknowledge(int fd, const char *id)
{
	if (write(fd, id, LINK_ID_SIZE - 1) != LINK_ID_SIZE - 1)
		_exit(1);
}

static void put_until_killed(unsigned round, int fd)
{
	struct links *l = open_links(MIB, 0);
	struct cache *c = open_cache(0, 10 * MIB);
	char text[32], id[LINK_ID_SIZE];

	for (unsigned i = 0;; i++) {
		unsigned n = round * 100000 + i;

		snprintf(text, sizeof text, "%u", n);
		if (links_put(l, span_of(text), id, NULL) < 0 || put(c, n, RESULT_EXITED, 500) < 0)
			_exit(1);
		acknowledge(fd, id);
	}
}

static unsigned check_acknowledged(unsigned round, int fd)
{
	struct links *l = open_links(MIB, 0);
	struct cache *c = open_cache(0, 10 * MIB);
	char id[LINK_ID_SIZE] = "", text[32];
	unsigned i = 0;

	for (; read(fd, id, LINK_ID_SIZE - 1) == LINK_ID_SIZE - 1; i++) {
		snprintf(text, sizeof text, "%u", round * 100000 + i);
		assert_link(l, id, text);
		assert_int_equal(tier_of(c, round * 100000 + i), CACHE_DISK);
	}
	links_close(l);
	cache_close(c);
	return i;
}

static void test_killed(void **state)
{
	enum { ROUNDS = 25 };
	unsigned sum = 0;

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		int pipe_fds[2];

		assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
		pid_t child = fork();
		if (child == 0) {
			close(pipe_fds[0]);
			put_until_killed(round, pipe_fds[1]);
		}
		close(pipe_fds[1]);
		/* Not before it has begun: that would prove nothing. */
		struct pollfd begun = { .fd = pipe_fds[0], .events = POLLIN };
		assert_int_equal(poll(&begun, 1, 30000), 1);
		usleep(round * 1700);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		sum += check_acknowledged(round, pipe_fds[0]);
		close(pipe_fds[0]);
	}
	assert_true(sum >= ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(test_killed),
	};

	return cmocka_run_group_tests_name("killed", tests, NULL, NULL);
}
