/* SPDX-License-Identifier: MIT */
/* Takes as much as it can of one thing: "bomb KIND". Says "begun" first, and "refused ERRNO" where
 * it is stopped. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, MEBI = 1 << 20 };

static char block[MEBI];

/* Ends when @ok is false: the resource was refused, which is a good end. */
static void want(int ok)
{
	if (ok)
		return;
	printf("refused %d\n", errno);
	exit(0);
}

static void more_files(void)
{
	struct rlimit r;

	getrlimit(RLIMIT_NOFILE, &r);
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void fork_all(void)
{
	for (;;)
		if (fork() < 0)
			usleep(100);
}

static void orphans(void)
{
	for (;;) {
		pid_t pid = fork();
		if (pid == 0) {
			setsid();
			if (fork() == 0)
				for (;;)
					fork();
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static void zombies(void)
{
	for (;;)
		if (fork() == 0)
			_exit(0);
}

/* Children that die at once and are left to the reaper. */
static void zombie_storm(void)
{
	signal(SIGCHLD, SIG_DFL);
	for (int i = 0; i < 1500; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			if (fork() == 0)
				_exit(3);
			_exit(0);
		}
		want(pid > 0);
		waitpid(pid, NULL, 0);
	}
	puts("done");
}

static void *nothing(void *p)
{
	pause();
	return p;
}

static void threads(void)
{
	pthread_t t;
	pthread_attr_t small;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (;;) {
		errno = pthread_create(&t, &small, nothing, NULL);
		want(errno == 0);
	}
}

static void heap(void)
{
	for (;;) {
		char *p = malloc(MEBI);
		want(p != NULL);
		memset(p, 1, MEBI);
	}
}

static int stack(int depth)
{
	volatile char room[PAGE];

	room[0] = (char)depth;
	return depth < 0 ? 0 : stack(depth + 1) + room[0];
}

static void big_stack(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_STACK, &r);
	if (!getenv("AGAIN")) {
		setenv("AGAIN", "1", 1);
		execl("/proc/self/exe", "bomb", "big-stack", NULL);
	}
	exit(stack(0));
}

static void fill(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	want(fd >= 0);
	for (;;)
		want(write(fd, block, sizeof block) > 0);
}

/* clang-format off */
static void tmp(void) { fill("/tmp/x"); }
static void shm(void) { fill("/dev/shm/x"); }
static void input(void) { fill("/input/x"); }
/* clang-format on */

static void memory_file(void)
{
	int fd = memfd_create("x", 0);

	want(fd >= 0);
	for (;;)
		want(write(fd, block, sizeof block) > 0);
}

static void pipes(void)
{
	more_files();
	for (;;) {
		int p[2];
		want(pipe2(p, O_NONBLOCK) == 0);
		fcntl(p[1], F_SETPIPE_SZ, MEBI);
		while (write(p[1], block, sizeof block) > 0)
			;
	}
}

static void sockets(void)
{
	int size = 64 * MEBI;

	more_files();
	for (;;) {
		int s[2];
		want(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s) == 0);
		setsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
		while (write(s[0], block, sizeof block) > 0)
			;
	}
}

/* Descriptors in flight count against nobody's table. */
static void descriptors_in_flight(void)
{
	more_files();
	for (;;) {
		int s[2], fd = open("/dev/null", O_RDONLY);
		want(fd >= 0 && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, s) == 0);

		char control[CMSG_SPACE(sizeof(int) * 200)] = { 0 };
		struct iovec one = { "x", 1 };
		struct msghdr m = { .msg_iov = &one,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control };
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * 200);
		for (int i = 0; i < 200; i++)
			memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
		int sent = 0;
		while (sendmsg(s[0], &m, 0) > 0)
			sent++;
		want(sent > 0);
		close(fd);
	}
}

static void many(const char *format, int (*make)(const char *))
{
	char name[64];

	for (long i = 0;; i++) {
		snprintf(name, sizeof name, format, i);
		want(make(name) >= 0);
	}
}

static int make_file(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0600);

	return fd < 0 ? -1 : close(fd);
}

static int make_dir(const char *name)
{
	return mkdir(name, 0700) < 0 ? -1 : chdir(name);
}

/* A name that is not there still costs the kernel an entry. */
static int look_up(const char *name)
{
	struct stat st;

	stat(name, &st);
	return 0;
}

/* clang-format off */
static void files(void) { many("/tmp/%ld", make_file); }
static void output_files(void) { many("/output/%ld", make_file); }
static void deep(void) { want(chdir("/tmp") == 0); many("d%ld", make_dir); }
static void output_deep(void) { want(chdir("/output") == 0); many("d%ld", make_dir); }
static void dentries(void) { many("/tmp/no%ld", look_up); }
/* clang-format on */

static void open_files(void)
{
	more_files();
	for (;;)
		want(open("/dev/null", O_RDONLY) >= 0);
}

static void events(void)
{
	more_files();
	for (;;) {
		struct epoll_event e = { .events = EPOLLIN };
		int p = epoll_create1(0), f = eventfd(0, 0);
		want(p >= 0 && f >= 0 && epoll_ctl(p, EPOLL_CTL_ADD, f, &e) == 0);
	}
}

static void watches(void)
{
	char name[64];
	int fd = inotify_init1(0);

	want(fd >= 0);
	for (long i = 0;; i++) {
		snprintf(name, sizeof name, "/tmp/w%ld", i);
		want(make_file(name) >= 0 && inotify_add_watch(fd, name, IN_ALL_EVENTS) >= 0);
	}
}

static void shared_segments(void)
{
	for (;;) {
		int id = shmget(IPC_PRIVATE, 16 * MEBI, IPC_CREAT | 0600);
		want(id >= 0);
		char *p = shmat(id, NULL, 0);
		want(p != (void *)-1);
		memset(p, 1, 16 * MEBI);
		shmdt(p);
	}
}

static void message_queues(void)
{
	char name[64];

	for (long i = 0;; i++) {
		snprintf(name, sizeof name, "/q%ld", i);
		want(mq_open(name, O_CREAT | O_RDWR, 0600, NULL) >= 0);
	}
}

static void timers(void)
{
	timer_t t;

	for (;;)
		want(timer_create(CLOCK_MONOTONIC, NULL, &t) == 0);
}

/* Neighbours of different protection cannot be merged: one mapping per page, in the guest and in
 * the host. */
static void mappings(void)
{
	char *p = mmap(NULL, 400000ul * PAGE, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	want(p != MAP_FAILED);
	for (long i = 0; i < 400000; i += 2) {
		want(mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
		p[i * PAGE] = 1;
	}
}

/* Within the guest's own bound of mappings, as many host mappings as there are pages: physical
 * order is broken up. */
static void scattered_pages(void)
{
	enum { N = 50000 };
	char *p = mmap(NULL, (size_t)N * 2 * PAGE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	want(p != MAP_FAILED);
	for (unsigned i = 0; i < N; i++)
		p[(size_t)(i * 40503u % N) * 2 * PAGE] = 1;
	puts("done");
}

static void page_tables(void)
{
	for (unsigned long at = 1ul << 32; at < 1ul << 46; at += 2 * MEBI) {
		char *p = mmap((void *)at, PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		want(p != MAP_FAILED);
		*p = 1;
	}
}

static void exec_loop(void)
{
	execl("/proc/self/exe", "bomb", "exec-loop", NULL);
	want(0);
}

static void signals(void)
{
	pid_t parent = getpid();

	signal(SIGUSR1, SIG_IGN);
	sigset_t all;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (;;)
		want(sigqueue(parent, SIGRTMIN, (union sigval){ 0 }) == 0);
}

static void descriptor_table(void)
{
	more_files();
	for (;;) {
		pid_t pid = fork();
		if (pid < 0)
			pause();
		if (pid == 0)
			for (;;)
				if (open("/dev/null", O_RDONLY) < 0)
					pause();
	}
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{ "fork", fork_all },
	{ "orphans", orphans },
	{ "zombies", zombies },
	{ "zombie-storm", zombie_storm },
	{ "threads", threads },
	{ "heap", heap },
	{ "big-stack", big_stack },
	{ "tmp", tmp },
	{ "shm", shm },
	{ "input", input },
	{ "memory-file", memory_file },
	{ "pipes", pipes },
	{ "sockets", sockets },
	{ "descriptors-in-flight", descriptors_in_flight },
	{ "files", files },
	{ "output-files", output_files },
	{ "deep", deep },
	{ "output-deep", output_deep },
	{ "dentries", dentries },
	{ "open-files", open_files },
	{ "events", events },
	{ "watches", watches },
	{ "shared-segments", shared_segments },
	{ "message-queues", message_queues },
	{ "timers", timers },
	{ "mappings", mappings },
	{ "scattered-pages", scattered_pages },
	{ "page-tables", page_tables },
	{ "exec-loop", exec_loop },
	{ "signals", signals },
	{ "descriptor-table", descriptor_table },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (argc != 2)
		return 2;
	if (!getenv("BEGUN")) {
		setenv("BEGUN", "1", 1);
		puts("begun");
	}
	if (strcmp(argv[1], "stack") == 0)
		return stack(0);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, argv[1]) == 0) {
			kinds[i].run();
			return 0;
		}
	fprintf(stderr, "no kind '%s'\n", argv[1]);
	return 2;
}
