/* SPDX-License-Identifier: MIT */
/*
 * The program's seccomp filter, in the spirit of the containers' default list: what needs a
 * capability that the program does not have, or reaches kernel code that programs have no use for,
 * is refused. The numbers are cut into ranges of one verdict and found by binary search, since the
 * guest's kernel interprets the filter at every system call.
 */
#include "init.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

enum verdict { ALLOW, REFUSE, UNKNOWN, CHECK_CLONE, CHECK_PERSONALITY, VERDICTS };

/* The newest call that was looked at for this list; programs take ENOSYS for "an older kernel". */
enum { LAST_KNOWN = 462, RANGES_MAX = 256, CODE_MAX = 512 };

static const struct {
	uint16_t nr;
	uint8_t verdict;
} exceptions[] = {
	/* Namespaces and mounts */
	{ SYS_mount, REFUSE },
	{ SYS_umount2, REFUSE },
	{ SYS_pivot_root, REFUSE },
	{ SYS_chroot, REFUSE },
	{ SYS_unshare, REFUSE },
	{ SYS_setns, REFUSE },
	{ SYS_clone, CHECK_CLONE },
	{ SYS_clone3, UNKNOWN },
	{ 428 /* open_tree */, REFUSE },
	{ 429 /* move_mount */, REFUSE },
	{ 430 /* fsopen */, REFUSE },
	{ 431 /* fsconfig */, REFUSE },
	{ 432 /* fsmount */, REFUSE },
	{ 433 /* fspick */, REFUSE },
	{ 442 /* mount_setattr */, REFUSE },
	{ 457 /* statmount */, UNKNOWN },
	{ 458 /* listmount */, UNKNOWN },
	{ SYS_name_to_handle_at, REFUSE },
	{ SYS_open_by_handle_at, REFUSE },
	/* The kernel itself */
	{ SYS_init_module, REFUSE },
	{ SYS_finit_module, REFUSE },
	{ SYS_delete_module, REFUSE },
	{ SYS_create_module, REFUSE },
	{ SYS_get_kernel_syms, REFUSE },
	{ SYS_query_module, REFUSE },
	{ SYS_kexec_load, REFUSE },
	{ SYS_kexec_file_load, REFUSE },
	{ SYS_reboot, REFUSE },
	{ SYS_syslog, REFUSE },
	{ SYS__sysctl, REFUSE },
	{ SYS_acct, REFUSE },
	{ SYS_bpf, REFUSE },
	{ SYS_perf_event_open, REFUSE },
	{ SYS_lookup_dcookie, REFUSE },
	{ SYS_kcmp, REFUSE },
	{ SYS_userfaultfd, REFUSE },
	{ SYS_uselib, REFUSE },
	{ SYS_nfsservctl, REFUSE },
	{ SYS_sysfs, REFUSE },
	{ SYS_ustat, REFUSE },
	{ SYS_vhangup, REFUSE },
	{ SYS_fanotify_init, REFUSE },
	{ 425 /* io_uring_setup */, UNKNOWN },
	{ 426 /* io_uring_enter */, UNKNOWN },
	{ 427 /* io_uring_register */, UNKNOWN },
	{ 459 /* lsm_get_self_attr */, UNKNOWN },
	{ 460 /* lsm_set_self_attr */, UNKNOWN },
	{ 461 /* lsm_list_modules */, UNKNOWN },
	/* Keys, quotas, swap, ports, clocks, names */
	{ SYS_add_key, REFUSE },
	{ SYS_request_key, REFUSE },
	{ SYS_keyctl, REFUSE },
	{ SYS_quotactl, REFUSE },
	{ 443 /* quotactl_fd */, REFUSE },
	{ SYS_swapon, REFUSE },
	{ SYS_swapoff, REFUSE },
	{ SYS_ioperm, REFUSE },
	{ SYS_iopl, REFUSE },
	{ SYS_settimeofday, REFUSE },
	{ SYS_clock_settime, REFUSE },
	{ SYS_clock_adjtime, REFUSE },
	{ SYS_sethostname, REFUSE },
	{ SYS_setdomainname, REFUSE },
	{ SYS_migrate_pages, REFUSE },
	{ SYS_move_pages, REFUSE },
	{ SYS_personality, CHECK_PERSONALITY },
};

struct range {
	uint32_t first;
	enum verdict verdict;
};

struct builder {
	struct range ranges[RANGES_MAX];
	size_t n_ranges;
	struct sock_filter code[CODE_MAX];
	size_t n;
};

static struct builder builder LARGE(5);

static enum verdict verdict_of(uint32_t nr)
{
	if (nr > LAST_KNOWN)
		return UNKNOWN;
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (exceptions[i].nr == nr)
			return exceptions[i].verdict;
	return ALLOW;
}

static void find_ranges(struct builder *b)
{
	for (uint32_t nr = 0; nr <= LAST_KNOWN + 1 && b->n_ranges < RANGES_MAX; nr++) {
		enum verdict v = verdict_of(nr);
		if (nr == 0 || v != b->ranges[b->n_ranges - 1].verdict)
			b->ranges[b->n_ranges++] = (struct range){ nr, v };
	}
}

static size_t emit(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (b->n == CODE_MAX)
		die("seccomp filter: too long");
	b->code[b->n] = (struct sock_filter){ code, jt, jf, k };
	return b->n++;
}

static void emit_return(struct builder *b, uint32_t action)
{
	emit(b, BPF_RET | BPF_K, action, 0, 0);
}

static void emit_verdict(struct builder *b, enum verdict v)
{
	static const uint32_t personalities[] = { 0, 8, 0x20000, 0x20008, 0x40000, 0xffffffff };
	const uint32_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
				    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;
	const size_t n = sizeof personalities / sizeof *personalities;

	switch (v) {
	case ALLOW:
		emit_return(b, SECCOMP_RET_ALLOW);
		return;
	case UNKNOWN:
		emit_return(b, SECCOMP_RET_ERRNO | ENOSYS);
		return;
	case CHECK_CLONE:
		emit(b, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]), 0, 0);
		/* CLONE_NEWTIME is in the exit signal's byte: clone(2) does not take it, clone3
		 * does. */
		emit(b, BPF_JMP | BPF_JSET | BPF_K, namespaces & ~(uint32_t)CSIGNAL, 1, 0);
		emit_return(b, SECCOMP_RET_ALLOW);
		break;
	case CHECK_PERSONALITY:
		emit(b, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0]), 0, 0);
		for (size_t i = 0; i < n; i++)
			emit(b, BPF_JMP | BPF_JEQ | BPF_K, personalities[i], (uint8_t)(n - i), 0);
		emit_return(b, SECCOMP_RET_ERRNO | EPERM);
		emit_return(b, SECCOMP_RET_ALLOW);
		return;
	case REFUSE:
	case VERDICTS:
		break;
	}
	emit_return(b, SECCOMP_RET_ERRNO | EPERM);
}

/* Binary search over ranges [lo, hi): the number is in the accumulator. */
static void emit_search(struct builder *b, size_t lo, size_t hi)
{
	if (hi - lo == 1) {
		emit_verdict(b, b->ranges[lo].verdict);
		return;
	}
	size_t mid = (lo + hi) / 2;

	/* A conditional jump reaches 255 instructions, so it only skips the long one. */
	emit(b, BPF_JMP | BPF_JGE | BPF_K, b->ranges[mid].first, 0, 1);
	size_t jump = emit(b, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_search(b, lo, mid);
	b->code[jump].k = (uint32_t)(b->n - jump - 1);
	emit_search(b, mid, hi);
}

const struct sock_fprog *filter_get(void)
{
	static struct sock_fprog program;
	struct builder *b = &builder;

	if (program.len > 0)
		return &program;
	find_ranges(b);
	emit(b, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	emit_return(b, SECCOMP_RET_KILL_PROCESS);
	emit(b, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	emit_search(b, 0, b->n_ranges);
	program = (struct sock_fprog){ .len = (uint16_t)b->n, .filter = b->code };
	return &program;
}
