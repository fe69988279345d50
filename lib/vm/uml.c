/* SPDX-License-Identifier: MIT */
/*
 * The User-Mode Linux engine: the guest kernel is a host process in a jail, its disks are inherited
 * descriptors, its memory is its own, its console a bounded memory file that it cannot block on.
 *
 * A kernel with our patches needs no file system ("fd-files": descriptors have names of their own)
 * and narrows its seccomp filter by itself once it is up ("lockdown"). A stock one gets /proc in
 * its jail and keeps the start-up filter.
 */
#include "uml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "clone.h"
#include "jail/filter.h"
#include "jail/jail.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "templates.h"
#include <linux/filter.h>

enum {
	NOMINAL_LPJ = 18190336,   /* loops in a tick for delays that nothing in the guest makes */
	KERNEL_PROCESSES = 64,    /* host processes beside those of guest programs */
	OWN_BYTES = 256 << 20,    /* private memory of the kernel process beside guest memory */
	FAMILY_PROCESSES = 65536, /* host processes of a template and its clones */
};

struct command_line {
	const char *argv[JAIL_ARGS_MAX];
	char text[JAIL_ARGS_MAX][48];
	size_t n;
};

static void add_arg(struct command_line *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add_arg(struct command_line *c, const char *fmt, ...)
{
	va_list ap;

	if (c->n + 1 >= JAIL_ARGS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(c->text[c->n], sizeof c->text[c->n], fmt, ap);
	va_end(ap);
	c->argv[c->n] = c->text[c->n];
	c->n++;
}

/* What the kernel hands on to init comes behind "--". */
static void add_template(struct command_line *c, const struct vm_spec *spec)
{
	add_arg(c, "template=fd:%zu", UML_FD_DISKS + spec->n_disks);
	add_arg(c, "--");
	add_arg(c, "template");
	add_arg(c, "data_disks=%zu",
		spec->n_disks > VM_DATA_DISK ? spec->n_disks - VM_DATA_DISK : 0);
}

static void build_command_line(struct command_line *c, const struct vm_spec *spec, bool template)
{
	const char *fd = vm_kernel_has(spec->kernel, "fd-files") ? "fd:" : "/proc/self/fd/";

	add_arg(c, "linux");
	add_arg(c, "mem=%lluK", (unsigned long long)(spec->ram_bytes >> 10));
	add_arg(c, "seccomp=on");
	add_arg(c, "quiet");
	add_arg(c, "lpj=%d", NOMINAL_LPJ);
	add_arg(c, "loglevel=5");
	add_arg(c, "panic=-1");
	if (vm_kernel_has(spec->kernel, "stderr-console")) {
		add_arg(c, "stderr=2");
		add_arg(c, "console=stderr");
		add_arg(c, "printk.devkmsg=on");
	} else {
		add_arg(c, "con0=fd:0,fd:1");
		add_arg(c, "con=null");
	}
	add_arg(c, "initrd=%s%d", fd, UML_FD_INITRD);
	for (size_t i = 0; i < spec->n_disks; i++)
		add_arg(c, "ubd%zu%s=%s%zu", i, spec->disks[i].writable ? "" : "r", fd,
			UML_FD_DISKS + i);
	/* The list leaves out ptrace(2), by which a stock kernel ends its stubs. */
	if (vm_kernel_has(spec->kernel, "lockdown") && vm_kernel_has(spec->kernel, "no-ptrace"))
		add_arg(c, "lockdown=%s%d", fd, UML_FD_LOCKDOWN);
	if (template)
		add_template(c, spec);
}

/* An initramfs is a newc archive like a bundle. */
static int make_initrd(struct span init, const struct uml_template *t, struct error *err)
{
	char buf[BUNDLE_BLOCK];
	struct bundle_writer w;

	cleanup_fd int fd = memfd_new("initrd");
	if (fd < 0)
		return fail(err, fd, "make the guest's initramfs");
	bundle_writer_init(&w, fd, BUNDLE_DATA_MAX, buf, sizeof buf);
	int r = bundle_add(&w, SPAN_LITERAL("init"), 0755, init);
	if (r == 0 && t && t->warm.n > 0)
		r = bundle_add(&w, SPAN_LITERAL("warm"), 0600, t->warm);
	if (r == 0 && t && t->live.n > 0)
		r = bundle_add(&w, SPAN_LITERAL("live"), 0600, t->live);
	if (r == 0 && t && t->usual.n > 0)
		r = bundle_add(&w, SPAN_LITERAL("usual"), 0600, t->usual);
	if (r == 0)
		r = bundle_finish(&w);
	return r < 0 ? fail(err, r, "make the guest's initramfs") : take_fd(fd);
}

static int make_lockdown(const struct filter *f, struct error *err)
{
	cleanup_fd int fd = memfd_new("lockdown");
	int r = fd < 0 ? fd : io_write(fd, f->code, f->n * sizeof *f->code);

	return r < 0 ? fail(err, r, "make the guest kernel's filter") : take_fd(fd);
}

int uml_console_new(struct error *err)
{
	cleanup_fd int fd = memfd_new("console");
	int r = fd < 0 ? fd : memfd_fix_size(fd, VM_CONSOLE_BYTES);

	return r < 0 ? fail(err, r, "make the guest's console") : take_fd(fd);
}

int uml_boot(const struct vm_spec *spec, int console_fd, const struct uml_template *template,
	struct jail *ret, struct error *err)
{
	struct command_line c = { .n = 0 };
	int fds[UML_FD_DISKS + VM_DISKS_MAX + 1];

	if (spec->n_disks > VM_DISKS_MAX)
		return refuse(err, -EINVAL, "start a VM: %zu disks, at most %d", spec->n_disks,
			VM_DISKS_MAX);
	cleanup_fd int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		return fail(err, -errno, "open '/dev/null'");
	cleanup_fd int initrd_fd = make_initrd(spec->init, template, err);
	if (initrd_fd < 0)
		return initrd_fd;
	cleanup_fd int lockdown_fd =
		make_lockdown(template ? &filter_template : &filter_running, err);
	if (lockdown_fd < 0)
		return lockdown_fd;

	fds[UML_FD_NULL] = null_fd;
	fds[UML_FD_OUT] = fds[UML_FD_ERR] = console_fd;
	fds[UML_FD_INITRD] = initrd_fd;
	fds[UML_FD_LOCKDOWN] = lockdown_fd;
	for (size_t i = 0; i < spec->n_disks; i++)
		fds[UML_FD_DISKS + i] = spec->disks[i].fd;
	if (template)
		fds[UML_FD_DISKS + spec->n_disks] = template->control_fd;
	build_command_line(&c, spec, template != NULL);

	struct jail_spec jail = {
		.program_fd = vm_kernel_fd(spec->kernel),
		.argv = c.argv,
		.fds = fds,
		.n_fds = UML_FD_DISKS + spec->n_disks + (template != NULL),
		.cpu = spec->cpu,
		.address_bytes = vm_host_bytes(spec),
		.cpu_seconds = spec->cpu_seconds,
		.processes = template ? FAMILY_PROCESSES : vm_host_processes(spec),
		.with_proc = !vm_kernel_has(spec->kernel, "fd-files"),
		.weak = spec->weak_jail,
		.family = template != NULL,
		.no_cgroup = template != NULL,
	};
	return jail_start(&jail, ret, err);
}

uint64_t vm_host_bytes(const struct vm_spec *spec)
{
	return spec->ram_bytes + OWN_BYTES;
}

uint64_t vm_host_processes(const struct vm_spec *spec)
{
	return spec->processes + KERNEL_PROCESSES;
}

static void uml_free(struct vm *vm)
{
	if (!vm)
		return;
	jail_done(&vm->jail);
	clone_end(vm);
	cleanup_closep(&vm->done_fd);
	cleanup_closep(&vm->memory_fd);
	if (vm->console_fd >= 0)
		close(vm->console_fd);
	free(vm);
}

void uml_freep(struct vm **vm)
{
	uml_free(*vm);
}

struct vm *uml_new(void)
{
	struct vm *vm = calloc(1, sizeof *vm);

	if (vm)
		vm->jail.pidfd = vm->clone_pidfd = vm->console_fd = vm->done_fd = vm->memory_fd =
			-1;
	return vm;
}

static int uml_start(const struct vm_spec *spec, struct vm **ret, struct error *err)
{
	cleanup(uml_freep) struct vm *vm = uml_new();

	if (!vm)
		return fail(err, -ENOMEM, "start a VM");
	vm->console_fd = uml_console_new(err);
	if (vm->console_fd < 0)
		return vm->console_fd;
	int r = uml_boot(spec, vm->console_fd, NULL, &vm->jail, err);
	if (r < 0)
		return r;
	*ret = take_ptr(vm);
	return 0;
}

static void uml_settle(struct vm *vm)
{
	if (vm->clone_pidfd < 0)
		jail_enclose(&vm->jail);
	else
		templates_settle(vm);
}

static int uml_event_fd(const struct vm *vm)
{
	return vm->done_fd >= 0 ? vm->done_fd : vm->jail.pidfd;
}

static int uml_status(struct vm *vm, int *ret_code)
{
	return vm->clone_pidfd >= 0 ? clone_status(vm->clone_pidfd, ret_code)
				    : jail_status(&vm->jail, ret_code);
}

static void uml_end(struct vm *vm)
{
	jail_done(&vm->jail);
	clone_kill(vm);
}

static const char *uml_console(struct vm *vm)
{
	ssize_t n = io_pread(vm->console_fd, vm->console, VM_CONSOLE_BYTES, 0);

	vm->console[n > 0 ? n : 0] = '\0';
	return vm->console;
}

const struct vm_engine vm_engine_uml = {
	.name = "uml",
	.start = uml_start,
	.settle = uml_settle,
	.event_fd = uml_event_fd,
	.status = uml_status,
	.end = uml_end,
	.console = uml_console,
	.free = uml_free,
};
