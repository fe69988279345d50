/* SPDX-License-Identifier: MIT */
/* Says of each of its arguments whether there is such a file. */
#include <stdio.h>
#include <sys/stat.h>

int main(int argc, char **argv)
{
	struct stat st;

	for (int i = 1; i < argc; i++)
		printf("%d%c", stat(argv[i], &st) == 0, i + 1 < argc ? ' ' : '\n');
	return 0;
}
