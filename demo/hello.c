/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u;

	uname(&u);
	printf("Hello from %s %s, in a virtual machine of its own.\n", u.sysname, u.release);
	return 0;
}
