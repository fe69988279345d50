/* SPDX-License-Identifier: MIT */
/* Says who it is and whether it may set the kernel's panic behaviour. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	int fd = open("/proc/sys/kernel/panic", O_WRONLY);

	printf("%d %s\n", (int)getuid(), fd < 0 ? strerror(errno) : "may");
	return 0;
}
