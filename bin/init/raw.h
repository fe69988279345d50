/* SPDX-License-Identifier: MIT */
/*
 * System calls without errno. The reaper and the program before exec share init's memory and its
 * thread-local errno, so they call the kernel directly. Results are those of the kernel: negative
 * errno on failure.
 */
#pragma once

#include <stdint.h>
#include <sys/syscall.h>

static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

#define RAW_ARG(x)           ((long)(x))
#define raw0(nr)             raw6(nr, 0, 0, 0, 0, 0, 0)
#define raw1(nr, a)          raw6(nr, RAW_ARG(a), 0, 0, 0, 0, 0)
#define raw2(nr, a, b)       raw6(nr, RAW_ARG(a), RAW_ARG(b), 0, 0, 0, 0)
#define raw3(nr, a, b, c)    raw6(nr, RAW_ARG(a), RAW_ARG(b), RAW_ARG(c), 0, 0, 0)
#define raw4(nr, a, b, c, d) raw6(nr, RAW_ARG(a), RAW_ARG(b), RAW_ARG(c), RAW_ARG(d), 0, 0)
#define raw5(nr, a, b, c, d, e)                                                                    \
	raw6(nr, RAW_ARG(a), RAW_ARG(b), RAW_ARG(c), RAW_ARG(d), RAW_ARG(e), 0)

struct clone_args;

/*
 * clone3(2) whose child runs @run(@arg) on the stack that @args names, in the same memory, and
 * never returns. Returns the child's pid in the parent, or a negative errno.
 */
long raw_clone(struct clone_args *args, void (*run)(void *), void *arg);
