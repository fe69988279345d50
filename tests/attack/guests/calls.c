/* SPDX-License-Identifier: MIT */
/* Tries every call that a contained program has no business with; prints "name errno", one line
 * each, 0 for success. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void tell(const char *name, long r)
{
	printf("%s %d\n", name, r < 0 ? errno : 0);
	fflush(stdout);
	errno = 0;
}

#define TRY(name, ...) tell(name, (long)(__VA_ARGS__))

static long into(int flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long into3(unsigned long long flags)
{
	unsigned long long args[11] = { [0] = flags, [4] = SIGCHLD };
	long pid = syscall(SYS_clone3, args, 64);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return pid;
}

static long join(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? fd : syscall(SYS_setns, fd, 0);
}

static long read_init(void)
{
	char c;
	struct iovec here = { &c, 1 }, there = { (void *)0x400000, 1 };

	return process_vm_readv(1, &here, 1, &there, 1, 0);
}

static long take_descriptor(void)
{
	long fd = syscall(SYS_pidfd_open, 1, 0);

	return fd < 0 ? fd : syscall(438 /* pidfd_getfd */, fd, 0, 0);
}

static long all_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct all[2] = { { ~0u, ~0u, 0 }, { 0x1ff, 0x1ff, 0 } };

	return syscall(SYS_capset, &header, all);
}

static long step_clock(void)
{
	struct timex t = { .modes = ADJ_SETOFFSET, .time = { 1000, 0 } };

	return adjtimex(&t);
}

static void namespaces(void)
{
	TRY("mount", mount("x", "/tmp", "tmpfs", 0, ""));
	TRY("remount", mount(0, "/proc/sys", 0, MS_REMOUNT | MS_BIND, 0));
	TRY("umount", umount2("/proc", MNT_DETACH));
	TRY("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	TRY("chroot", chroot("/tmp"));
	TRY("fsopen", syscall(430, "proc", 0));
	TRY("open_tree", syscall(428, AT_FDCWD, "/", 1));
	TRY("unshare user", unshare(CLONE_NEWUSER));
	TRY("unshare mount", unshare(CLONE_NEWNS));
	TRY("unshare net", unshare(CLONE_NEWNET));
	TRY("clone user", into(CLONE_NEWUSER));
	TRY("clone pid", into(CLONE_NEWPID));
	TRY("clone3 user", into3(CLONE_NEWUSER));
	TRY("setns mount", join("/proc/1/ns/mnt"));
	TRY("setns user", join("/proc/1/ns/user"));
	TRY("sethostname", sethostname("x", 1));
}

static void others(void)
{
	TRY("ptrace attach", ptrace(PTRACE_ATTACH, 1, 0, 0));
	TRY("ptrace seize", ptrace(PTRACE_SEIZE, 1, 0, 0));
	TRY("process_vm_readv", read_init());
	TRY("pidfd_getfd", take_descriptor());
	TRY("init memory", open("/proc/1/mem", O_RDWR));
	TRY("init root", open("/proc/1/root/etc/passwd", O_RDONLY));
	TRY("init descriptor", open("/proc/1/fd/3", O_RDONLY));
	TRY("init priority", setpriority(PRIO_PROCESS, 1, -5));
}

static void the_kernel(void)
{
	static const char zeros[128];

	TRY("bpf", syscall(SYS_bpf, 0, zeros, 128));
	TRY("perf_event_open", syscall(SYS_perf_event_open, zeros, 0, -1, -1, 0));
	TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
	TRY("io_uring_setup", syscall(425, 4, zeros));
	TRY("init_module", syscall(SYS_init_module, zeros, 64, ""));
	TRY("kexec_load", syscall(SYS_kexec_load, 0, 0, 0, 0));
	TRY("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0));
	TRY("halt", syscall(SYS_reboot, 0xfee1dead, 672274793, 0xcdef0123, 0));
	TRY("syslog", syscall(SYS_syslog, 3, zeros, 1));
	TRY("swapon", syscall(SYS_swapon, "/tmp/x", 0));
	TRY("acct", syscall(SYS_acct, "/tmp/x"));
	TRY("iopl", syscall(SYS_iopl, 3));
	TRY("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
	TRY("keyctl", syscall(SYS_keyctl, 0, -3, 0));
	TRY("add_key", syscall(SYS_add_key, "user", "x", "y", 1, -3));
	TRY("fanotify_init", syscall(SYS_fanotify_init, 0, 0));
	TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, zeros, O_RDONLY));
	TRY("quotactl", syscall(SYS_quotactl, 0x800003 << 8, "/dev/ubda", 0, 0));
	TRY("kmsg", open("/dev/kmsg", O_WRONLY));
	TRY("proc kmsg", open("/proc/kmsg", O_RDONLY));
	TRY("kcore", open("/proc/kcore", O_RDONLY));
	TRY("sysrq", open("/proc/sysrq-trigger", O_WRONLY));
	TRY("exitcode", open("/proc/exitcode", O_WRONLY));
	TRY("core_pattern", open("/proc/sys/kernel/core_pattern", O_WRONLY));
	TRY("modprobe", open("/proc/sys/kernel/modprobe", O_WRONLY));
	TRY("panic sysctl", open("/proc/sys/kernel/panic", O_WRONLY));
	TRY("drop_caches", open("/proc/sys/vm/drop_caches", O_WRONLY));
	TRY("binfmt_misc", open("/proc/sys/fs/binfmt_misc/register", O_WRONLY));
}

static void devices_and_time(void)
{
	struct timespec t = { 1000, 0 };

	TRY("mknod image disk", mknod("/tmp/b", S_IFBLK | 0666, makedev(98, 0)));
	TRY("mknod output disk", mknod("/tmp/o", S_IFBLK | 0666, makedev(98, 32)));
	TRY("mknod mem", mknod("/tmp/m", S_IFCHR | 0666, makedev(1, 1)));
	TRY("clock_settime", clock_settime(CLOCK_REALTIME, &t));
	TRY("adjtimex", step_clock());
	TRY("packet socket", socket(AF_PACKET, SOCK_RAW, 0));
	TRY("raw socket", socket(AF_INET, SOCK_RAW, 1));
	TRY("vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	TRY("alg socket", socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static void identity(void)
{
	struct rlimit more = { RLIM_INFINITY, RLIM_INFINITY };
	struct sched_param fifo = { 10 };
	gid_t groups[] = { 0, 5 };

	TRY("capset", all_capabilities());
	TRY("ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0));
	TRY("setgroups", syscall(SYS_setgroups, 2, groups));
	TRY("setresuid", syscall(SYS_setresuid, 5, 5, 5));
	TRY("setresgid", syscall(SYS_setresgid, 5, 5, 5));
	TRY("more files", setrlimit(RLIMIT_NOFILE, &more));
	TRY("core files", setrlimit(RLIMIT_CORE, &more));
	TRY("higher priority", setpriority(PRIO_PROCESS, 0, -5));
	TRY("real time", sched_setscheduler(0, SCHED_FIFO, &fifo));
}

int main(void)
{
	namespaces();
	others();
	the_kernel();
	devices_and_time();
	identity();
	puts("end 0");
	return 0;
}
