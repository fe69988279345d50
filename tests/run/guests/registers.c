/* SPDX-License-Identifier: MIT */
/*
 * registers WHAT: what a program has in its registers is there after a system call, in the frame of
 * a signal that comes during one, for a tracer and for other threads. The guest kernel takes most
 * calls without having seen more of the registers than the arguments (kernel/patches, plain-calls).
 * Prints "right" or what is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { KEPT = 5, VECTORS = 16, ROUNDS = 2000 };

/* Registers that a call leaves alone and no argument uses: rbx, r12 to r15; and all vector
 * registers. */
struct registers {
	uint64_t kept[KEPT];
	uint64_t vector[VECTORS][2];
};

static volatile sig_atomic_t handled, frame_wrong;
static struct registers expected;

static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

static struct registers pattern(uint64_t seed)
{
	struct registers r;

	for (int i = 0; i < KEPT; i++)
		r.kept[i] = seed * 0x9e3779b97f4a7c15 + (uint64_t)i;
	for (int i = 0; i < VECTORS; i++) {
		r.vector[i][0] = seed ^ (uint64_t)i << 32;
		r.vector[i][1] = ~seed + (uint64_t)i;
	}
	return r;
}

/* The call @nr with @r in the registers; what is in them afterwards is in @r. */
static long call(struct registers *r, long nr, long a, long b, long c)
{
	register struct registers *p __asm__("r8") = r;
	long result;

	__asm__ volatile("mov (%[p]), %%rbx\n\tmov 8(%[p]), %%r12\n\tmov 16(%[p]), %%r13\n\t"
			 "mov 24(%[p]), %%r14\n\tmov 32(%[p]), %%r15\n\t"
			 "movdqu 40(%[p]), %%xmm0\n\tmovdqu 56(%[p]), %%xmm1\n\t"
			 "movdqu 72(%[p]), %%xmm2\n\tmovdqu 88(%[p]), %%xmm3\n\t"
			 "movdqu 104(%[p]), %%xmm4\n\tmovdqu 120(%[p]), %%xmm5\n\t"
			 "movdqu 136(%[p]), %%xmm6\n\tmovdqu 152(%[p]), %%xmm7\n\t"
			 "movdqu 168(%[p]), %%xmm8\n\tmovdqu 184(%[p]), %%xmm9\n\t"
			 "movdqu 200(%[p]), %%xmm10\n\tmovdqu 216(%[p]), %%xmm11\n\t"
			 "movdqu 232(%[p]), %%xmm12\n\tmovdqu 248(%[p]), %%xmm13\n\t"
			 "movdqu 264(%[p]), %%xmm14\n\tmovdqu 280(%[p]), %%xmm15\n\t"
			 "syscall\n\t"
			 "mov %%rbx, (%[p])\n\tmov %%r12, 8(%[p])\n\tmov %%r13, 16(%[p])\n\t"
			 "mov %%r14, 24(%[p])\n\tmov %%r15, 32(%[p])\n\t"
			 "movdqu %%xmm0, 40(%[p])\n\tmovdqu %%xmm1, 56(%[p])\n\t"
			 "movdqu %%xmm2, 72(%[p])\n\tmovdqu %%xmm3, 88(%[p])\n\t"
			 "movdqu %%xmm4, 104(%[p])\n\tmovdqu %%xmm5, 120(%[p])\n\t"
			 "movdqu %%xmm6, 136(%[p])\n\tmovdqu %%xmm7, 152(%[p])\n\t"
			 "movdqu %%xmm8, 168(%[p])\n\tmovdqu %%xmm9, 184(%[p])\n\t"
			 "movdqu %%xmm10, 200(%[p])\n\tmovdqu %%xmm11, 216(%[p])\n\t"
			 "movdqu %%xmm12, 232(%[p])\n\tmovdqu %%xmm13, 248(%[p])\n\t"
			 "movdqu %%xmm14, 264(%[p])\n\tmovdqu %%xmm15, 280(%[p])\n\t"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), [p] "r"(p)
			 : "rbx", "rcx", "r11", "r12", "r13", "r14", "r15", "memory", "xmm0",
			 "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
			 "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	return result;
}

static void same(const struct registers *got, const struct registers *want, const char *when)
{
	if (memcmp(got, want, sizeof *got) != 0)
		wrong("registers after %s", when);
}

static void expect(long got, long want, const char *what)
{
	if (got != want)
		wrong("%s is %ld, not %ld", what, got, want);
}

/* Calls one after the other, with results of all kinds. */
static void plain(void)
{
	char text[64];
	int fd = open("/etc/passwd", O_RDONLY);

	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct registers want = pattern(i), got = want;

		expect(call(&got, SYS_lseek, fd, 3, SEEK_SET), 3, "lseek");
		same(&got, &want, "lseek");
		expect(call(&got, SYS_read, fd, (long)text, 2), 2, "read");
		same(&got, &want, "read");
		expect(call(&got, SYS_read, -1, (long)text, 2), -EBADF, "a bad read");
		same(&got, &want, "a bad read");
		expect(call(&got, SYS_lseek, fd, (long)1 << 40, SEEK_SET), (long)1 << 40,
			"a far lseek");
		expect(call(&got, SYS_access, (long)"/nowhere", F_OK, 0), -ENOENT, "access");
		same(&got, &want, "access");
		expect(call(&got, SYS_read, fd, 1, 1 << 20), 0, "a read at the end");
		expect(call(&got, SYS_sched_yield, 0, 0, 0), 0, "sched_yield");
		same(&got, &want, "sched_yield");
	}
	close(fd);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	const greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	const int at[KEPT] = { REG_RBX, REG_R12, REG_R13, REG_R14, REG_R15 };
	const struct _libc_fpstate *f = ((ucontext_t *)context)->uc_mcontext.fpregs;

	(void)sig;
	(void)info;
	handled++;
	for (int i = 0; i < KEPT; i++)
		if ((uint64_t)g[at[i]] != expected.kept[i])
			frame_wrong = 1;
	if (memcmp(f->_xmm, expected.vector, sizeof expected.vector) != 0)
		frame_wrong = 2;
	if (!g[REG_RSP] || !g[REG_RIP])
		frame_wrong = 3;
	/* What the handler leaves behind is its own. */
	__asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm7, %%xmm7" : : : "xmm0", "xmm7");
}

static void set_handler(int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags };

	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}

static void alarm_in_ms(int ms)
{
	setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { 0, ms * 1000 } }, NULL);
}

/* A signal ends a read that waits, or the read goes on. */
static void signals(void)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		wrong("pipe");
	for (uint64_t i = 1; i <= 20; i++) {
		struct registers got = expected = pattern(i * 77);

		set_handler(0);
		alarm_in_ms(5);
		expect(call(&got, SYS_read, ends[0], (long)&byte, 1), -EINTR,
			"an interrupted read");
		same(&got, &expected, "an interrupted read");

		set_handler(SA_RESTART);
		pid_t child = fork();
		if (child == 0) {
			usleep(5000);
			kill(getppid(), SIGUSR1);
			usleep(5000);
			_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
		}
		got = expected;
		expect(call(&got, SYS_read, ends[0], (long)&byte, 1), 1, "a read that goes on");
		same(&got, &expected, "a read that goes on");
		expect(byte, 'x', "what was read");
		waitpid(child, NULL, 0);

		/* To oneself: it is handled before the call is back. */
		got = expected;
		expect(call(&got, SYS_kill, getpid(), SIGUSR1, 0), 0, "kill");
		same(&got, &expected, "kill");
	}
	expect(handled, 60, "number of signals");
	expect(frame_wrong, 0, "frame");
}

/* A timer all the time, which finds the program in and between calls. */
static void storm(void)
{
	struct timespec now, end;
	long n = 0;

	set_handler(SA_RESTART);
	expected = pattern(4711);
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec++;
	setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 2000 }, { 0, 2000 } }, NULL);
	do {
		struct registers got = expected;

		expect(call(&got, SYS_getppid, 0, 0, 0), getppid(), "getppid");
		same(&got, &expected, "getppid");
		clock_gettime(CLOCK_MONOTONIC, &now);
		n++;
	} while (now.tv_sec < end.tv_sec || now.tv_nsec < end.tv_nsec);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
	if (n < 100 || handled < 20)
		wrong("%ld calls, %d signals", n, (int)handled);
}

static int there[2], back[2];

static void *echo(void *unused)
{
	(void)unused;
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct registers want = pattern(i << 20), got = want;
		char byte;

		expect(call(&got, SYS_read, there[0], (long)&byte, 1), 1, "a thread's read");
		same(&got, &want, "a thread's read");
		expect(call(&got, SYS_write, back[1], (long)&byte, 1), 1, "a thread's write");
		same(&got, &want, "a thread's write");
	}
	return NULL;
}

/* While one thread stands in a call the other runs in the same address space. */
static void threads(void)
{
	pthread_t thread;

	if (pipe(there) < 0 || pipe(back) < 0 || pthread_create(&thread, NULL, echo, NULL) != 0)
		wrong("no thread");
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct registers want = pattern(i * 13), got = want;
		char byte = (char)i, answer = 0;

		expect(call(&got, SYS_write, there[1], (long)&byte, 1), 1, "write");
		same(&got, &want, "write");
		expect(call(&got, SYS_read, back[0], (long)&answer, 1), 1, "read");
		same(&got, &want, "read");
		expect(answer, byte, "the answer");
	}
	pthread_join(thread, NULL);
}

static void *unmap(void *page)
{
	char byte;

	if (read(there[0], &byte, 1) == 1)
		munmap(page, 4096);
	if (write(back[1], "x", 1) != 1)
		wrong("write");
	return NULL;
}

static void on_fault(int sig)
{
	(void)sig;
	printf("right\n");
	fflush(stdout);
	_exit(0);
}

/* What another thread has unmapped while this one was in a call is gone when the call is back. */
static void unmapped(void)
{
	volatile char *page =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	char byte;

	*page = 1;
	if (pipe(there) < 0 || pipe(back) < 0 ||
		pthread_create(&thread, NULL, unmap, (void *)page) != 0)
		wrong("no thread");
	signal(SIGSEGV, on_fault);
	if (write(there[1], "x", 1) != 1 || read(back[0], &byte, 1) != 1)
		wrong("no answer");
	wrong("read %d from memory that is not there", *page);
}

/* So is what brk() took away; and what it gives is empty. */
static void heap(void)
{
	char *end = sbrk(0);

	for (int i = 1; i <= 100; i++) {
		if (sbrk(i * 4096) != end)
			wrong("no heap");
		for (int j = 0; j < i; j++) {
			if (end[j * 4096] != 0)
				wrong("heap is not empty");
			end[j * 4096] = (char)i;
		}
		sbrk(-i * 4096);
	}
	signal(SIGSEGV, on_fault);
	wrong("read %d behind the heap", *(volatile char *)end);
}

static struct user_regs_struct look(pid_t child)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, child, NULL, &regs) < 0)
		wrong("PTRACE_GETREGS: %s", strerror(errno));
	return regs;
}

static void check_traced(pid_t child, const struct registers *want, long nr, const char *when)
{
	struct user_regs_struct r = look(child);
	const uint64_t kept[KEPT] = { r.rbx, r.r12, r.r13, r.r14, r.r15 };

	if (memcmp(kept, want->kept, sizeof kept) != 0 || (long)r.orig_rax != nr || !r.rsp ||
		!r.rip)
		wrong("tracer's registers %s: rbx %llx, orig_rax %lld", when, r.rbx,
			(long long)r.orig_rax);
}

/* A tracer that stops at calls sees all registers at both ends, and may change the result. */
static void traced(void)
{
	struct registers want = pattern(99);
	int status, stops = 0;
	pid_t child = fork();

	if (child == 0) {
		struct registers got = want;

		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		for (int i = 0; i < 100; i++) {
			expect(call(&got, SYS_getuid, 0, 0, 0), 4242, "a changed result");
			same(&got, &want, "a traced call");
		}
		_exit(0);
	}
	waitpid(child, &status, 0);
	for (;;) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		if (waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
			break;
		struct user_regs_struct r = look(child);
		if (r.orig_rax != SYS_getuid)
			continue;
		check_traced(child, &want, SYS_getuid, "at a call");
		if (++stops % 2 == 0) {
			r.rax = 4242;
			ptrace(PTRACE_SETREGS, child, NULL, &r);
		}
	}
	expect(stops, 200, "number of stops");
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, 1, "a good end of the traced");
}

/* One that comes while the program waits in a call sees them, too, and the call goes on when it has
 * left. */
static void attached(void)
{
	struct registers want = pattern(1234);
	int ends[2], status;
	char byte;

	if (pipe(ends) < 0)
		wrong("pipe");
	pid_t child = fork();
	if (child == 0) {
		struct registers got = want;

		expect(call(&got, SYS_read, ends[0], (long)&byte, 1), 1,
			"a read that was looked at");
		same(&got, &want, "a read that was looked at");
		_exit(0);
	}
	usleep(20000);
	for (int i = 0; i < 20; i++) {
		if (ptrace(PTRACE_ATTACH, child, NULL, NULL) < 0 ||
			waitpid(child, &status, 0) != child)
			wrong("PTRACE_ATTACH: %s", strerror(errno));
		check_traced(child, &want, SYS_read, "in a call");
		ptrace(PTRACE_DETACH, child, NULL, NULL);
		usleep(1000);
	}
	if (write(ends[1], "x", 1) != 1)
		wrong("write");
	waitpid(child, &status, 0);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, 1, "a good end of the attached");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} tests[] = { { "plain", plain }, { "signals", signals }, { "storm", storm },
		{ "threads", threads }, { "unmapped", unmapped }, { "heap", heap },
		{ "traced", traced }, { "attached", attached } };

	for (size_t i = 0; argc > 1 && i < sizeof tests / sizeof *tests; i++)
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			puts("right");
			return 0;
		}
	return 2;
}
