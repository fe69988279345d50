/* SPDX-License-Identifier: MIT */
/* Says what it was given: arguments, directory, user, and the environment that the tests set. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static const char *const names[] = { "A", "PATH" };
	char cwd[4096] = "?";

	printf("argv=%s", argv[0]);
	for (int i = 1; i < argc; i++)
		printf(" %s", argv[i]);
	if (!getcwd(cwd, sizeof cwd))
		return 1;
	printf("\ncwd=%s\nuid=%u\ngid=%u\n", cwd, (unsigned)getuid(), (unsigned)getgid());
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (getenv(names[i]))
			printf("%s=%s\n", names[i], getenv(names[i]));
	return 0;
}
