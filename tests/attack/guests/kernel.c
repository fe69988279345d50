/* SPDX-License-Identifier: MIT */
/*
 * A "guest kernel" of an attacker: stands where the real one would, in its jail, with its
 * descriptors, and does what the job's stdin says. So the tests can play a kernel that was taken
 * over, without an exploit.
 *
 *   WRITE        the rest of stdin goes onto the output disk as it is
 *   HANG         waits for ever; HANG2: so do its children, deaf to signals
 *   FLOOD        writes to the console for ever
 *   SPIN         burns its processor
 *   EXIT N       ends with status N
 *   CRASH        ends by a signal
 *   SLEEPY       writes what follows, then does not end
 *   PROBE        tries what a prisoner would try; the findings become the run's stdout
 *   PROBE2       the same behind the filter that the real kernel installs when it is up
 *   GREED        takes memory until it is stopped; stdout tells how much (MiB)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPORT = 1 << 16, MEBI = 1 << 20 };

static char report[REPORT];
static size_t report_n;
static int input_fd = -1, output_fd = -1, filter_fd = -1;
static int disks[16], n_disks;

static void say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(report + report_n, REPORT - report_n, fmt, ap);
	va_end(ap);
	if (n > 0 && report_n + (size_t)n < REPORT)
		report_n += (size_t)n;
}

static unsigned long number(const char *p, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	unsigned long n = 0;

	for (const char *d; *p && (d = memchr(digits, *p > '9' ? *p | 0x20 : *p, base)); p++)
		n = n * base + (unsigned long)(d - digits);
	return n;
}

/* "ubd1r=fd:6" is disk 1, read-only, at descriptor 6; a stock kernel would be told /proc/self/fd/6.
 */
static void find_disks(char **argv)
{
	for (; *argv; argv++) {
		const char *colon = strrchr(*argv, ':'), *slash = strrchr(*argv, '/');
		const char *end = colon ? colon : slash;
		if (!end)
			continue;
		int fd = (int)number(end + 1, 10);
		if (strncmp(*argv, "lockdown=", 9) == 0)
			filter_fd = fd;
		if (strncmp(*argv, "ubd", 3) != 0)
			continue;
		if (n_disks < 16)
			disks[n_disks++] = fd;
		if (strncmp(*argv, "ubd1", 4) == 0)
			input_fd = fd;
		if (strncmp(*argv, "ubd2", 4) == 0)
			output_fd = fd;
	}
}

/* The data of the input bundle's entry "stdin". */
static char *find_stdin(size_t *ret_n)
{
	struct stat st;

	if (fstat(input_fd, &st) < 0)
		return NULL;
	char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, input_fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	for (size_t at = 0; at + 110 < (size_t)st.st_size;) {
		char digits[9] = { 0 };
		if (memcmp(p + at, "070701", 6) != 0)
			return NULL;
		memcpy(digits, p + at + 6 + 6 * 8, 8);
		size_t size = number(digits, 16);
		memcpy(digits, p + at + 6 + 11 * 8, 8);
		size_t name_n = number(digits, 16), data = (at + 110 + name_n + 3) & ~3ul;
		if (strcmp(p + at + 110, "stdin") == 0) {
			*ret_n = size;
			return p + data;
		}
		at = (data + size + 3) & ~3ul;
	}
	return NULL;
}

static size_t put_entry(char *to, const char *name, const char *data, size_t n)
{
	size_t name_n = strlen(name) + 1;
	int head = snprintf(to, 128, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X",
		1, 0100644, 0, 0, 1, 0, n, 0, 0, 0, 0, name_n, 0);
	size_t at = (size_t)head;

	memcpy(to + at, name, name_n);
	at += name_n;
	while (at % 4)
		to[at++] = 0;
	if (n)
		memcpy(to + at, data, n);
	at += n;
	while (at % 4)
		to[at++] = 0;
	return at;
}

/* A true bundle whose stdout is the report. */
static void deliver(void)
{
	static char bundle[REPORT * 2];
	static const char end[] = "outcome=exited\nstatus=0\nmessage=\nwall_us=1\nuser_us="
				  "1\nsystem_us=1\npeak_bytes=1\n"
				  "skipped_more=0\nstamp_start=1\nstamp_ready=2\nstamp_exec="
				  "3\nstamp_end=4\nstamp_packed=5\n";
	size_t at = put_entry(bundle, "stdout", report, report_n);

	at += put_entry(bundle + at, "stderr", "", 0);
	at += put_entry(bundle + at, "skipped", "", 0);
	at += put_entry(bundle + at, "exit", end, sizeof end - 1);
	at += put_entry(bundle + at, "TRAILER!!!", "", 0);
	if (pwrite(output_fd, bundle, (at + 4095) & ~4095ul, 0) < 0)
		_exit(9);
}

static void write_all(const char *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t w = pwrite(output_fd, p + at, n - at, (off_t)at);
		if (w <= 0)
			break;
		at += (size_t)w;
	}
}

/*
 * What a prisoner tries. Each runs in a child, since the filter may kill for it; at least 0 means
 * that it went through.
 */
/* clang-format off */
static long open_passwd(void) { return open("/etc/passwd", O_RDONLY); }
static long open_up(void) { return open("../../../../etc/passwd", O_RDONLY); }
static long open_exe(void) { return open("/proc/self/exe", O_RDONLY); }
static long open_disk_again(void) { return open("/proc/self/fd/1", O_RDWR); }
static long open_proc(void) { return open("/proc/1/mem", O_RDWR); }
static long open_device(void) { return open("/dev/null", O_RDONLY); }
static long make_file(void) { return open("/x", O_RDWR | O_CREAT, 0600); }
static long make_dir(void) { return mkdir("/x", 0700); }
static long internet(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long local(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static long trace_keeper(void) { return ptrace(PTRACE_ATTACH, 1, 0, 0); }
static long hold_keeper(void) { return syscall(SYS_pidfd_open, 1, 0); }
static long do_mount(void) { return mount("x", "/", "tmpfs", 0, ""); }
static long do_chroot(void) { return chroot("/"); }
static long new_namespaces(void) { return unshare(CLONE_NEWUSER | CLONE_NEWNET); }
static long become_root(void) { return setresuid(0, 0, 0); }
static long do_bpf(void) { return syscall(SYS_bpf, 0, report, 128); }
static long do_perf(void) { return syscall(SYS_perf_event_open, report, 0, -1, -1, 0); }
static long do_keyctl(void) { return syscall(SYS_keyctl, 0, -3, 1); }
static long do_io_uring(void) { return syscall(425, 4, report); }
static long do_userfaultfd(void) { return syscall(SYS_userfaultfd, 0); }
static long do_shmget(void) { return syscall(SYS_shmget, 0, 4096, 01600); }
static long do_kmod(void) { return syscall(SYS_init_module, report, 64, ""); }
static long by_handle(void) { return syscall(SYS_open_by_handle_at, -100, report, 0); }
static long grow_output(void) { return fallocate(output_fd, 0, 1l << 30, 4096); }
static long truncate_output(void) { return ftruncate(output_fd, 1l << 40); }
static long beyond_output(void) { return pwrite(output_fd, "x", 1, 1l << 40); }
static long write_input(void) { return pwrite(input_fd, "owned", 5, 0); }
static long write_image(void) { return pwrite(disks[0], "owned", 5, 0); }
static long punch_image(void) { return fallocate(disks[0], 3, 0, 4096); }
static long other_cpus(void) { unsigned long all[16] = { ~0ul }; return syscall(SYS_sched_setaffinity, 0, sizeof all, all); }
static long hurry(void) { return setpriority(PRIO_PROCESS, 0, -10); }
static long real_time(void) { struct sched_param p = { 5 }; return sched_setscheduler(0, SCHED_RR, &p); }
/* clang-format on */

static long map_image(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, disks[0], 0) == MAP_FAILED ? -1
											       : 0;
}

static long map_input(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, input_fd, 0) == MAP_FAILED ? -1
											       : 0;
}

static long execute_name(void)
{
	char *argv[] = { "sh", NULL };

	return execve("/bin/sh", argv, argv + 1);
}

static long raise_limit(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_FSIZE, &r);
}

static long raise_core(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	return setrlimit(RLIMIT_CORE, &r);
}

static long compat_call(void)
{
	int r;

	/* getpid of the 32-bit table. */
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	return r > 0 ? 0 : -1;
}

static long x32_call(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static const struct {
	const char *name;
	long (*run)(void);
} probes[] = {
	{ "open passwd", open_passwd },
	{ "open up", open_up },
	{ "open exe", open_exe },
	{ "open disk again", open_disk_again },
	{ "open proc", open_proc },
	{ "open device", open_device },
	{ "make file", make_file },
	{ "make dir", make_dir },
	{ "internet", internet },
	{ "local socket", local },
	{ "netlink", netlink },
	{ "trace keeper", trace_keeper },
	{ "hold keeper", hold_keeper },
	{ "mount", do_mount },
	{ "chroot", do_chroot },
	{ "new namespaces", new_namespaces },
	{ "become root", become_root },
	{ "bpf", do_bpf },
	{ "perf", do_perf },
	{ "keyctl", do_keyctl },
	{ "io_uring", do_io_uring },
	{ "userfaultfd", do_userfaultfd },
	{ "shmget", do_shmget },
	{ "init_module", do_kmod },
	{ "open by handle", by_handle },
	{ "grow output", grow_output },
	{ "truncate output", truncate_output },
	{ "beyond output", beyond_output },
	{ "write input", write_input },
	{ "write image", write_image },
	{ "punch image", punch_image },
	{ "map image", map_image },
	{ "map input", map_input },
	{ "other cpus", other_cpus },
	{ "hurry", hurry },
	{ "real time", real_time },
	{ "execute name", execute_name },
	{ "raise limit", raise_limit },
	{ "raise core", raise_core },
	{ "32-bit call", compat_call },
	{ "x32 call", x32_call },
};

static struct {
	long (*run)(void);
	volatile long r;
	volatile int error, ran;
} now;

static int probe_main(void *unused)
{
	(void)unused;
	now.r = now.run();
	now.error = errno;
	now.ran = 1;
	syscall(SYS_exit_group, 0);
	return 0;
}

static void probe(const char *name, long (*run)(void))
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	int status = 0;

	now.run = run;
	now.ran = 0;
	/* The one kind of clone that the filter knows. */
	pid_t pid = clone(probe_main, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	if (pid < 0) {
		say("%s: no process %d\n", name, errno);
		return;
	}
	syscall(SYS_wait4, pid, &status, 0, 0);
	if (WIFSIGNALED(status))
		say("%s: killed %d\n", name, WTERMSIG(status));
	else if (!now.ran)
		say("%s: executed\n", name);
	else if (now.r < 0)
		say("%s: error %d\n", name, now.error);
	else
		say("%s: success %ld\n", name, now.r);
}

static void probe_all(void)
{
	int open_fds = 0;

	for (int fd = 0; fd < 1024; fd++)
		open_fds += fcntl(fd, F_GETFL) >= 0;
	say("descriptors: %d of %d disks\n", open_fds, n_disks);
	for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
		probe(probes[i].name, probes[i].run);
	say("end: 0\n");
	deliver();
}

/* As the kernel patch does it. */
static void lock_down(void)
{
	static char code[1 << 16];
	struct stat st;

	if (filter_fd < 0 || fstat(filter_fd, &st) < 0 ||
		pread(filter_fd, code, sizeof code, 0) != st.st_size)
		_exit(8);
	close(filter_fd);
	struct sock_fprog program = { (unsigned short)(st.st_size / 8),
		(struct sock_filter *)code };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(7);
}

static void hang(bool with_children)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (int i = 0; with_children && i < 5; i++)
		if (fork() == 0)
			break;
	for (;;)
		poll(NULL, 0, -1);
}

static void flood(void)
{
	static char line[65536];

	memset(line, 'x', sizeof line);
	for (;;)
		if (write(1, line, sizeof line) < 0 && write(2, "y", 1) < 0)
			poll(NULL, 0, 1);
}

/* Shared memory, since private memory has a limit of its own; in a child, which is what gets killed
 * for it. */
static void be_greedy(void)
{
	int *taken = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	pid_t pid = fork();
	if (pid == 0) {
		while (*taken < 2048) {
			char *p = mmap(NULL, 16 * MEBI, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
			if (p == MAP_FAILED)
				_exit(1);
			memset(p, 1, 16 * MEBI);
			*taken += 16;
		}
		_exit(0);
	}
	syscall(SYS_wait4, pid, NULL, 0, 0);
	say("%d", *taken);
	deliver();
}

/* True when @word is what @text begins with; the rest follows the newline. */
static bool is(const char *text, size_t n, const char *word)
{
	size_t k = strlen(word);

	return n >= k && memcmp(text, word, k) == 0 &&
	       (n == k || text[k] == '\n' || text[k] == ' ');
}

int main(int argc, char **argv)
{
	size_t n = 0;

	(void)argc;
	find_disks(argv);
	const char *job = find_stdin(&n);
	if (!job || output_fd < 0)
		return 99;
	const char *rest = memchr(job, '\n', n);
	rest = rest ? rest + 1 : job + n;

	if (is(job, n, "WRITE") || is(job, n, "SLEEPY"))
		write_all(rest, n - (size_t)(rest - job));
	if (is(job, n, "SLEEPY") || is(job, n, "HANG") || is(job, n, "HANG2"))
		hang(is(job, n, "HANG2"));
	if (is(job, n, "FLOOD"))
		flood();
	if (is(job, n, "SPIN"))
		for (;;)
			;
	if (is(job, n, "EXIT"))
		return (int)number(job + 5, 10);
	if (is(job, n, "CRASH"))
		__builtin_trap();
	if (is(job, n, "PROBE2"))
		lock_down();
	if (is(job, n, "PROBE") || is(job, n, "PROBE2"))
		probe_all();
	if (is(job, n, "GREED"))
		be_greedy();
	syscall(SYS_exit_group, 0);
	return 0;
}
