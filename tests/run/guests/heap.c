/* SPDX-License-Identifier: MIT */
/* The heap grows, shrinks and grows again: what was let go is gone, and what comes is empty. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 1 << 20, ROUNDS = 50 };

static int is_empty(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return 0;
	return 1;
}

/* Whether a child that touches @p is ended for it. */
static int is_gone(char *p)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		*(volatile char *)p = 1;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status);
}

int main(void)
{
	char *end = sbrk(0);

	for (int i = 0; i < ROUNDS; i++) {
		char *p = sbrk(SIZE);
		if (p != end || !is_empty(p, SIZE))
			return printf("round %d: not where or what it should be\n", i), 1;
		memset(p, i + 1, SIZE);
		if (sbrk(-SIZE / 2) != end + SIZE || sbrk(SIZE / 2) != end + SIZE / 2)
			return printf("round %d: half of it\n", i), 1;
		if (p[SIZE / 2 - 1] != i + 1 || !is_empty(p + SIZE / 2, SIZE / 2))
			return printf("round %d: the halves\n", i), 1;
		p[SIZE - 1] = 1;
		if (sbrk(-SIZE) != end + SIZE || sbrk(0) != end)
			return printf("round %d: all of it\n", i), 1;
	}
	/* The page that the heap ends in may have more room. */
	printf("%s\n", is_gone(end + 4096) ? "fine" : "what was let go is still there");
	return 0;
}
