/* SPDX-License-Identifier: MIT */
/* One template: its boot, the moment it freezes, its forks. */
#include "clone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/fds.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "touched.h"

enum {
	STUBS_AHEAD = 2,
	PLACEHOLDER_BYTES = 512,
	REPLY_MS = 5000,
	SEAL_TRIES = 20,
	SEAL_PAUSE_US = 10000
};

struct vm_template {
	struct jail jail;
	int console_fd, control_fd;
	int base_fd; /* its memory, which does not change any more */
	pid_t pid;   /* of its kernel */
	uint64_t ram_bytes, bytes;
	pthread_mutex_t lock; /* of what follows, and of the socket's conversation */
	int cpu;
	struct touched touched;
};

static void freep(struct vm_template **t)
{
	template_free(*t);
}

void template_free(struct vm_template *t)
{
	if (!t)
		return;
	jail_done(&t->jail);
	cleanup_closep(&t->console_fd);
	cleanup_closep(&t->control_fd);
	cleanup_closep(&t->base_fd);
	touched_done(&t->touched);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void template_retire(struct vm_template *t)
{
	pthread_mutex_lock(&t->lock);
	cleanup_closep(&t->control_fd);
	t->control_fd = -1;
	pthread_mutex_unlock(&t->lock);
}

uint64_t template_bytes(const struct vm_template *t)
{
	return t->bytes;
}

/* In the places of the disks that only a job has. */
static int make_placeholder(const char *name, struct error *err)
{
	cleanup_fd int fd = memfd_new(name);
	int r = fd < 0 ? fd : memfd_fix_size(fd, PLACEHOLDER_BYTES);

	return r < 0 ? fail(err, r, "make a template's disk") : take_fd(fd);
}

static int boot(struct vm_template *t, const struct vm_spec *spec, struct span warm,
	struct span live, struct span usual, struct error *err)
{
	struct vm_disk disks[VM_DISKS_MAX];
	struct vm_spec own = *spec;
	int pair[2];

	if (spec->n_disks <= VM_OUTPUT_DISK || spec->n_disks > VM_DISKS_MAX)
		return refuse(err, -EINVAL, "make a template: %zu disks", spec->n_disks);
	cleanup_fd int input_fd = make_placeholder("input", err);
	if (input_fd < 0)
		return input_fd;
	cleanup_fd int output_fd = make_placeholder("output", err);
	if (output_fd < 0)
		return output_fd;
	memcpy(disks, spec->disks, sizeof *disks * spec->n_disks);
	disks[VM_INPUT_DISK].fd = input_fd;
	disks[VM_OUTPUT_DISK].fd = output_fd;
	own.disks = disks;

	int r = fds_pair(pair);
	if (r < 0)
		return fail(err, r, "make a template's socket");
	t->control_fd = pair[0];
	cleanup_fd int theirs = pair[1];
	const struct uml_template role = { theirs, warm, live, usual };
	return uml_boot(&own, t->console_fd, &role, &t->jail, err);
}

int template_boot(const struct vm_spec *spec, struct span warm, struct span live, struct span usual,
	struct vm_template **ret, struct error *err)
{
	cleanup(freep) struct vm_template *t = calloc(1, sizeof *t);

	if (!t)
		return fail(err, -ENOMEM, "make a template");
	pthread_mutex_init(&t->lock, NULL);
	t->jail.pidfd = t->control_fd = t->base_fd = -1;
	touched_init(&t->touched, 0);
	t->cpu = spec->cpu;
	t->ram_bytes = spec->ram_bytes;
	t->console_fd = uml_console_new(err);
	if (t->console_fd < 0)
		return t->console_fd;
	int r = boot(t, spec, warm, live, usual, err);
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

/* With the last line of its console, if there is one. */
static int no_template(struct vm_template *t, const char *what, int r, struct error *err)
{
	char text[200] = "";
	struct stat st;
	off_t from = 0;

	if (fstat(t->console_fd, &st) == 0 && st.st_size > VM_CONSOLE_BYTES)
		from = st.st_size - VM_CONSOLE_BYTES;
	ssize_t n = io_pread(t->console_fd, text, sizeof text - 1, from);
	text[n > 0 ? n : 0] = '\0';
	for (char *c = text; *c; c++)
		if (*c == '\n')
			*c = '|';
	return refuse(
		err, r, "make a template: %s; its console: %s", what, *text ? text : "(empty)");
}

/* For stubs, which are not to have a descriptor that could be written, sealed or not. */
static int open_read_only(int fd)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int ro = open(path, O_RDONLY | O_CLOEXEC);
	return ro < 0 ? -errno : ro;
}

/* The host may still hold pages of it in some list for a moment. */
static int seal(int fd)
{
	int r = -EBUSY;

	for (int i = 0; r == -EBUSY && i < SEAL_TRIES; i++) {
		if (i > 0)
			usleep(SEAL_PAUSE_US);
		r = memfd_freeze(fd);
	}
	return r;
}

int template_await(struct vm_template *t, uint64_t timeout_ms, struct error *err)
{
	int32_t word = 0;
	struct stat st;
	int fd = -1;

	ssize_t n =
		fds_receive(t->control_fd, &word, sizeof word, &fd, 1, (int)timeout_ms, &t->pid);
	if (n == -ETIME)
		return no_template(t, "it was not ready in time", -ETIME, err);
	if (n <= 0)
		return no_template(t, "its kernel ended", -EIO, err);

	cleanup_fd int memory_fd = fd;
	int r = seal(memory_fd);
	if (r < 0)
		return fail(err, r, "seal a template's memory");
	if (fstat(memory_fd, &st) < 0 || (uint64_t)st.st_size < t->ram_bytes)
		return refuse(err, -EPROTO, "make a template: what it offers is not its memory");
	t->bytes = (uint64_t)st.st_blocks * 512;
	/* Its own view may be larger by what its executable takes. */
	t->ram_bytes = (uint64_t)st.st_size;

	touched_init(&t->touched, t->ram_bytes);

	t->base_fd = open_read_only(memory_fd);
	r = t->base_fd < 0 ? t->base_fd
			   : fds_send(t->control_fd, &word, sizeof word, &t->base_fd, 1);
	return r < 0 ? fail(err, r, "open a template's memory again") : 0;
}

/* Its affinity is its clones'. */
static int move_to(struct vm_template *t, int cpu)
{
	cpu_set_t set;

	if (cpu < 0 || cpu == t->cpu)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(t->pid, sizeof set, &set) < 0)
		return -errno;
	t->cpu = cpu;
	return 0;
}

/* Asks for a clone and reads the answer, with the lock held. */
static int request(
	struct vm_template *t, bool ahead, const int fds[2], int *ret_pidfd, struct error *err)
{
	const int all[] = { fds[0], fds[1], t->touched.list_fd };
	int32_t word = ahead ? STUBS_AHEAD : 0;
	int pidfd = -1;

	int r = t->control_fd < 0 ? -EPIPE
				  : fds_send(t->control_fd, &word, sizeof word, all,
					    t->touched.list_fd < 0 ? 2 : 3);
	if (r < 0)
		return fail(err, -EIO, "ask a template for a clone");
	ssize_t n = fds_receive(t->control_fd, &word, sizeof word, &pidfd, 1, REPLY_MS, NULL);
	if (n != sizeof word)
		return refuse(err, -EIO, "a template did not fork");
	*ret_pidfd = pidfd;
	return 0;
}

static int fork_locked(struct vm_template *t, bool ahead, const int fds[2], struct clone *c,
	bool *ret_curious, struct error *err)
{
	pthread_mutex_lock(&t->lock);
	int r = move_to(t, c->cpu);
	if (r < 0)
		r = fail(err, r, "move a template to CPU %d", c->cpu);
	else
		r = request(t, ahead, fds, &c->pidfd, err);
	*ret_curious = touched_curious(&t->touched);
	pthread_mutex_unlock(&t->lock);
	return r;
}

int template_fork(struct vm_template *t, int cpu, bool ahead, struct clone *ret, struct error *err)
{
	cleanup(clone_drop) struct clone c = CLONE_NONE;
	int pair[2] = { -1, -1 };
	bool curious;

	cleanup_fd int memory_fd = memfd_new("memory");
	int r = memory_fd < 0 ? memory_fd : memfd_fix_size(memory_fd, t->ram_bytes);
	if (r == 0)
		r = fds_pair(pair);
	if (r < 0)
		return fail(err, r, "make a clone's memory");
	c.start_fd = pair[0];
	c.cpu = cpu;
	cleanup_fd int theirs = pair[1];

	r = fork_locked(t, ahead, (const int[2]){ memory_fd, theirs }, &c, &curious, err);
	if (r < 0)
		return r;
	if (curious)
		c.memory_fd = take_fd(memory_fd);
	if (ahead)
		c.console_fd = uml_console_new(NULL);
	c.pid = clone_pid(c.pidfd);
	if (c.pid < 0)
		return fail(err, c.pid, "find a clone");
	*ret = c;
	c = CLONE_NONE;
	return 0;
}

void template_learn(struct vm_template *t, int memory_fd, struct span written)
{
	pthread_mutex_lock(&t->lock);
	if (t->base_fd >= 0)
		touched_look(&t->touched, t->base_fd, memory_fd, written);
	pthread_mutex_unlock(&t->lock);
}
