/* SPDX-License-Identifier: MIT */
/*
 * Makes the jail's seccomp filters when the project is built: libseccomp turns the tables below
 * into BPF, which is printed as C. No process pays for that at run time.
 *
 * Who makes these calls is the guest kernel's host side, arch/um/os-Linux, and the stub that runs
 * guest programs. Anything else traps, which is death to the kernel process and the keeper. It must
 * be no direct kill: a guest program's own system calls meet these filters too, before its stub's
 * handler gets them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	STARTUP = 1,
	RUNNING = 2,
	KEEPER = 4,
	TEMPLATE = 8, /* beside what is RUNNING */
	ALONE = 16,   /* beside what is RUNNING where TEMPLATE is not */
	PROGRAM = 32, /* refused with TRACE: the word of a stub's own filter counts before it */
	ALWAYS = STARTUP | RUNNING,
};

struct rule {
	int filters;
	const char *call;
	unsigned n;
	struct scmp_arg_cmp args[3];
};

#define ARG(i, op, ...)                                                                            \
	{                                                                                          \
		i, SCMP_CMP_##op, __VA_ARGS__                                                      \
	}

static const struct rule rules[] = {
#include "rules.inc"
};

static void die(const char *what, const char *call, int r)
{
	fprintf(stderr, "mkfilter: %s %s: %s\n", what, call, strerror(-r));
	exit(1);
}

static void add_rules(scmp_filter_ctx ctx, int which)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *rule = &rules[i];
		if (!(rule->filters & which))
			continue;
		int nr = seccomp_syscall_resolve_name(rule->call);
		uint32_t action = rule->filters & PROGRAM ? SCMP_ACT_TRACE(0) : SCMP_ACT_ALLOW;
		int r = nr == __NR_SCMP_ERROR
				? -ENOSYS
				: seccomp_rule_add_array(ctx, action, nr, rule->n, rule->args);
		if (r < 0)
			die("rule for", rule->call, r);
	}
}

static void print_filter(const char *name, int which)
{
	struct sock_filter code[4096];
	int fd = memfd_create("bpf", 0);
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_TRAP);

	if (!ctx || fd < 0)
		die("make filter", name, -ENOMEM);
	add_rules(ctx, which);
	/* The calls come in very different numbers; a tree finds all of them about equally fast. */
	seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	int r = seccomp_export_bpf(ctx, fd);
	if (r < 0)
		die("export", name, r);
	ssize_t n = pread(fd, code, sizeof code, 0);
	if (n <= 0 || n == (ssize_t)sizeof code)
		die("read back", name, -EIO);

	printf("static const struct sock_filter %s_code[] = {\n", name);
	for (size_t i = 0; i < (size_t)n / sizeof *code; i++)
		printf("\t{ 0x%02x, %u, %u, 0x%08x },\n", code[i].code, code[i].jt, code[i].jf,
			code[i].k);
	printf("};\nconst struct filter filter_%s = { %s_code, sizeof %s_code / sizeof *%s_code "
	       "};\n\n",
		name, name, name, name);
	seccomp_release(ctx);
	close(fd);
}

int main(void)
{
	printf("/* Made by bin/mkfilter from bin/mkfilter/rules.inc. */\n");
	printf("#include <linux/filter.h>\n#include \"jail/filter.h\"\n\n");
	print_filter("startup", STARTUP);
	print_filter("running", RUNNING | ALONE);
	print_filter("template", RUNNING | TEMPLATE);
	print_filter("keeper", KEEPER);
	return 0;
}
