/* SPDX-License-Identifier: MIT */
/*
 * Several processes that share their memory, and so a process of the host, which comes to its end:
 * one of them jumps to a system call in the code that User-Mode Linux maps into every program.
 * Tells how many did not end.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, SHARERS = 3, STACK = 16384, PATIENCE_MS = 2000, TRIED_MAX = 3 };

static const unsigned char *const code = (const unsigned char *)0x7fffffffc000;

static int work(void *arg)
{
	for (;;)
		getppid();
	return arg != NULL;
}

/* Its sharers are children of ours. */
static int jump(void *to)
{
	usleep(20000);
	((void (*)(void))(uintptr_t)to)();
	_exit(0);
}

static int ends(pid_t pid)
{
	const struct timespec ms = { 0, 1000000 };

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (waitpid(pid, NULL, WNOHANG) > 0)
			return 1;
		nanosleep(&ms, NULL);
	}
	return 0;
}

/* In a child with memory of its own. */
static int try(const unsigned char *to)
{
	static char stacks[SHARERS + 1][STACK] __attribute__((aligned(16)));
	pid_t pids[SHARERS + 1];
	int left = 0;

	for (int i = 0; i <= SHARERS; i++)
		pids[i] = clone(i < SHARERS ? work : jump, stacks[i] + STACK,
			CLONE_VM | CLONE_PARENT | SIGCHLD, (void *)(uintptr_t)to);
	for (int i = 0; i <= SHARERS; i++)
		left += pids[i] < 0;
	return left;
}

int main(void)
{
	int tried = 0, left = 0;

	for (int i = 0; i + 1 < PAGE && tried < TRIED_MAX; i++) {
		if (code[i] != 0x0f || code[i + 1] != 0x05)
			continue;
		fflush(stdout);
		pid_t pid = fork();
		if (pid == 0)
			_exit(try(code + i));
		left += !ends(pid);
		for (int n = 0; n <= SHARERS; n++)
			left += !ends(-1);
		tried++;
	}
	printf("%d tried, %d left\n", tried, left);
	return 0;
}
