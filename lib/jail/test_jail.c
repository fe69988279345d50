/* SPDX-License-Identifier: MIT */
/* The jail around a tiny static program that stands in for a kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail/filter.h"
#include "jail/jail.h"
#include "sys/memfd.h"

#include <cmocka.h>

/* A static program of 150 bytes: write(1, "in\n", 3), then exit with the number of its arguments.
 */
static const unsigned char program[] = {
	0x7f,
	'E',
	'L',
	'F',
	2,
	1,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	2,
	0,
	0x3e,
	0,
	1,
	0,
	0,
	0, /* header */
	0x78,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0x38,
	0,
	1,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	1,
	0,
	0,
	0,
	5,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x40,
	0,
	0,
	0,
	0,
	0, /* segment */
	0xa3,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0xa3,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0,
	0x10,
	0,
	0,
	0,
	0,
	0,
	0,
	0xb8,
	1,
	0,
	0,
	0, /* mov $1, %eax */
	0xbf,
	1,
	0,
	0,
	0, /* mov $1, %edi */
	0x48,
	0x8d,
	0x35,
	0x13,
	0,
	0,
	0, /* lea text(%rip), %rsi */
	0xba,
	3,
	0,
	0,
	0, /* mov $3, %edx */
	0x0f,
	0x05, /* syscall */
	0x8b,
	0x3c,
	0x24, /* mov (%rsp), %edi */
	0xb8,
	0xe7,
	0,
	0,
	0, /* mov $231, %eax: exit_group */
	0x0f,
	0x05, /* syscall */
	0x90,
	0x90,
	'i',
	'n',
	'\n',
	0,
	0,
	0,
	0,
};

static int program_fd(void)
{
	int fd = memfd_create("program", MFD_CLOEXEC);

	assert_true(write(fd, program, sizeof program) == (ssize_t)sizeof program);
	return fd;
}

static int start(struct jail *j, const char *const *argv, int out, struct error *err)
{
	cleanup_fd int fd = program_fd();
	const int fds[] = { STDIN_FILENO, out, out };
	const struct jail_spec spec = {
		.program_fd = fd,
		.argv = argv,
		.fds = fds,
		.n_fds = 3,
		.cpu = -1,
		.address_bytes = 64 << 20,
		.cpu_seconds = 5,
		.processes = 16,
	};

	return jail_start(&spec, j, err);
}

/* A jail that this host cannot make is no failure of the code: pe doctor tells of it. */
static void need_jail(void)
{
	struct jail_layer_state states[JAIL_LAYERS];

	jail_probe(states);
	for (int i = 0; i < JAIL_LAYERS; i++)
		if (states[i].required && !states[i].present) {
			print_message("skipped: %s: %s\n", states[i].name, states[i].why);
			skip();
		}
}

static void await(struct jail *j)
{
	struct pollfd p = { .fd = j->pidfd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 10000), 1);
}

static void test_runs(void **state)
{
	static const char *const argv[] = { "a", "b", "c", NULL };
	struct error err = { "" };
	struct jail j;
	int out[2], code = -1;
	char text[16] = "";

	(void)state;
	need_jail();
	assert_int_equal(pipe(out), 0);
	int r = start(&j, argv, out[1], &err);
	if (r < 0)
		print_error("%s\n", err.text);
	assert_int_equal(r, 0);
	jail_enclose(&j);
	await(&j);
	assert_int_equal(jail_status(&j, &code), 0);
	assert_int_equal(code, 3);
	assert_int_equal(read(out[0], text, sizeof text), 3);
	assert_string_equal(text, "in\n");
	jail_done(&j);
	close(out[0]);
	close(out[1]);
}

static void test_no_program(void **state)
{
	static const char *const argv[] = { "a", NULL };
	struct error err = { "" };
	struct jail j = { .pidfd = -1 };
	cleanup_fd int empty = memfd_new("empty");
	const int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	const struct jail_spec spec = {
		.program_fd = empty,
		.argv = argv,
		.fds = fds,
		.n_fds = 3,
		.cpu = -1,
		.address_bytes = 64 << 20,
		.cpu_seconds = 5,
		.processes = 16,
	};

	(void)state;
	need_jail();
	assert_true(jail_start(&spec, &j, &err) < 0);
	assert_non_null(strstr(err.text, "execute the guest kernel"));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* Closed while it runs: no child is left, also no zombie. */
static void test_closing_kills(void **state)
{
	static const char *const argv[] = { "a", NULL };
	struct error err;
	struct jail j;
	int out[2];

	(void)state;
	need_jail();
	assert_int_equal(pipe(out), 0);
	assert_int_equal(start(&j, argv, out[1], &err), 0);
	jail_done(&j);
	jail_done(&j);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	close(out[0]);
	close(out[1]);
}

/* A server with thousands of clients: the first thousands of numbers are taken. */
static void test_many_descriptors(void **state)
{
	enum { MANY = 5000 };
	struct rlimit old, more;

	need_jail();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	more = (struct rlimit){ MANY + 100, old.rlim_max };
	if (old.rlim_max < MANY + 100 || setrlimit(RLIMIT_NOFILE, &more) < 0)
		skip();
	int first = dup(STDIN_FILENO), last = first;
	while (last < MANY)
		last = dup(STDIN_FILENO);
	test_runs(state);
	assert_int_equal(close_range((unsigned)first, (unsigned)last, 0), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static uint32_t word(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value;

	assert_true(offset + sizeof value <= sizeof *data);
	memcpy(&value, (const char *)data + offset, sizeof value);
	return value;
}

static bool holds(uint16_t code, uint32_t a, uint32_t k)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGT:
		return a > k;
	case BPF_JGE:
		return a >= k;
	case BPF_JSET:
		return (a & k) != 0;
	default:
		fail_msg("jump 0x%x", code);
		return false;
	}
}

/* What @f says of a call, as the host's interpreter would find it. */
static uint32_t verdict(const struct filter *f, int nr, uint64_t first, uint64_t second)
{
	const struct seccomp_data data = {
		.nr = nr, .arch = AUDIT_ARCH_X86_64, .args = { first, second }
	};
	uint32_t a = 0;

	for (size_t pc = 0; pc < f->n; pc++) {
		const struct sock_filter *i = &f->code[pc];
		if (BPF_CLASS(i->code) == BPF_RET)
			return i->k;
		if (BPF_CLASS(i->code) == BPF_LD)
			a = word(&data, i->k);
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			pc += holds(i->code, a, i->k) ? i->jt : i->jf;
		else
			fail_msg("instruction 0x%x", i->code);
	}
	fail_msg("no end of %zu instructions", f->n);
	return 0;
}

/*
 * A call that nobody may make is TRAP; but TRACE where a stub's filter hands it to the guest
 * kernel, as the host heeds a notification before TRACE and TRAP before a notification.
 */
static void test_filters(void **state)
{
	enum { FORK = CLONE_PARENT | SIGCHLD };
	static const struct {
		int nr;
		uint64_t first, second;
		uint32_t startup, running, template, keeper;
	} calls[] = {
#define ALLOW SECCOMP_RET_ALLOW
#define TRACE SECCOMP_RET_TRACE
#define TRAP  SECCOMP_RET_TRAP
		{ SYS_read, 0, 0, ALLOW, ALLOW, ALLOW, TRAP },
		{ SYS_openat, 0, 0, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_readlink, 0, 0, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_readlinkat, 0, 0, TRACE, TRACE, TRACE, TRAP },
		{ SYS_lseek, 0, 0, ALLOW, TRACE, ALLOW, TRAP },
		{ SYS_chdir, 0, 0, TRACE, TRACE, TRACE, TRAP },
		{ SYS_fstatfs, 0, 0, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_rseq, 0, 0, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_reboot, 0, 0, TRACE, TRACE, TRACE, TRAP },
		{ SYS_fcntl, 0, F_GETFD, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_fcntl, 0, F_SETFL, ALLOW, ALLOW, ALLOW, TRAP },
		{ SYS_fcntl, 0, F_SETLKW, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_ioctl, 0, TCGETS, ALLOW, TRACE, TRACE, TRAP },
		{ SYS_ioctl, 0, SECCOMP_IOCTL_NOTIF_SEND, ALLOW, ALLOW, ALLOW, TRAP },
		{ SYS_clone, FORK, 0, ALLOW, ALLOW, ALLOW, TRAP },
		{ SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, ALLOW, TRAP, TRAP, TRAP },
		{ SYS_setsid, 0, 0, ALLOW, TRAP, ALLOW, TRAP },
		{ SYS_socket, 0, 0, TRAP, TRAP, TRAP, TRAP },
		{ SYS_connect, 0, 0, TRAP, TRAP, TRAP, TRAP },
		{ SYS_ptrace, 0, 0, ALLOW, TRAP, TRAP, TRAP },
		{ SYS_wait4, 0, 0, ALLOW, ALLOW, ALLOW, ALLOW },
#undef ALLOW
#undef TRACE
#undef TRAP
	};

	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const struct filter *const filters[] = { &filter_startup, &filter_running,
			&filter_template, &filter_keeper };
		const uint32_t want[] = { calls[i].startup, calls[i].running, calls[i].template,
			calls[i].keeper };
		for (size_t f = 0; f < sizeof want / sizeof *want; f++)
			if (verdict(filters[f], calls[i].nr, calls[i].first, calls[i].second) !=
				want[f])
				fail_msg("filter %zu, call %d, second argument 0x%llx", f,
					calls[i].nr, (unsigned long long)calls[i].second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_no_program),
		cmocka_unit_test(test_closing_kills),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests_name("jail", tests, NULL, NULL);
}
