/* SPDX-License-Identifier: MIT */
#include "lender.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/parse.h"
#include "bundle/warm.h"
#include "holder.h"
#include "sys/fds.h"
#include "sys/memfd.h"
#include "uml.h"

enum {
	BACKLOG = 128,
	CONNECTIONS_MAX = 512,
	HELLO_MS = 10000,
	WARM_MS_MAX = 120000,
	SETTLE_MS = 25 /* what a VM has run for then is worth settling */
};

struct lender {
	struct templates *templates;
	uint64_t build;
	pthread_mutex_t lock;
	pthread_cond_t left;
	size_t connections;
	uint64_t asked_ms;
	int stop_pipe[2]; /* a byte: somebody said LEND_STOP */
};

struct connection {
	struct lender *lender;
	int fd;
	struct vm *vm;
	bool settled;
};

/* FNV-1a: no secret, only a name for what must be the same. */
static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	for (const unsigned char *c = p; n > 0; n--)
		h = (h ^ *c++) * 0x100000001b3;
	return h;
}

uint64_t lend_build(const struct vm_kernel *kernel, struct span init)
{
	uint64_t h = mix(0xcbf29ce484222325, init.p, init.n);
	struct stat st;

	if (fstat(vm_kernel_fd(kernel), &st) < 0)
		return 0;
	h = mix(h, &st.st_dev, sizeof st.st_dev);
	h = mix(h, &st.st_ino, sizeof st.st_ino);
	return mix(h, &st.st_ctim, sizeof st.st_ctim);
}

/* A directory of ours that nobody else can enter. */
static int own_dir(const char *path, bool make, struct error *err)
{
	struct stat st;

	if (make && mkdir(path, 0700) < 0 && errno != EEXIST)
		return fail(err, -errno, "make '%s'", path);
	if (lstat(path, &st) < 0)
		return fail(err, -errno, "look at '%s'", path);
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077)
		return refuse(err, -EPERM, "'%s' is no directory of this user alone", path);
	return 0;
}

int lend_path(bool make, char **ret, struct error *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	cleanup_free char *dir = NULL;
	int n;

	if (run && *run == '/')
		n = asprintf(&dir, "%s/program-explorer", run);
	else
		n = asprintf(&dir, "/tmp/program-explorer-%u", geteuid());
	if (n < 0)
		return fail(err, -ENOMEM, "find the socket of templates");
	int r = own_dir(dir, make, err);
	if (r < 0)
		return r;
	return asprintf(ret, "%s/templates", dir) < 0 ? fail(err, -ENOMEM, "name the socket") : 0;
}

static void add_line(void *ctx, const struct template_info *i)
{
	buf_addf(ctx, "%s %s %llu %llu %llu %llu %llu %llu %s\n", i->digest, i->state,
		(unsigned long long)i->ram_bytes, (unsigned long long)i->bytes,
		(unsigned long long)i->clones, (unsigned long long)i->running,
		(unsigned long long)i->age_ms, (unsigned long long)i->idle_ms, i->message);
}

static void answer_list(struct lender *l, struct lend_answer *a)
{
	cleanup_buf struct buf b = { 0 };

	templates_list(l->templates, add_line, &b);
	snprintf(a->text, sizeof a->text, "%.*s", (int)b.n, b.n ? b.p : "");
}

static void learn(
	struct lender *l, const struct lend_request *q, const struct vm_spec *spec, int list_fd)
{
	cleanup(memfd_unmap) struct span map = { "", 0 };
	struct stat st;

	/* The asker could make it shorter while we read. */
	if (memfd_freeze(list_fd) < 0 || fstat(list_fd, &st) < 0 || st.st_size > WARM_TEXT_MAX ||
		memfd_map(list_fd, &map) < 0)
		return;
	templates_learn(l->templates, q->digest, spec, map);
}

/* Answers one question; descriptors to send back go to @back. */
static void answer(struct connection *c, const struct lend_request *q, const int *fds,
	struct lend_answer *a, int back[LEND_BACK], size_t *n_back)
{
	struct lender *l = c->lender;
	struct vm_disk disks[VM_DISKS_MAX];
	struct error err = { "" };
	struct vm_spec spec = {
		.disks = disks,
		.n_disks = q->n_disks,
		.ram_bytes = q->ram_bytes,
		.processes = q->processes,
		.cpu_seconds = q->cpu_seconds,
		.cpu = q->cpu,
		.image = q->image,
	};

	for (size_t i = 0; i < q->n_disks; i++)
		disks[i] = (struct vm_disk){ fds[i], q->writable >> i & 1 };
	switch ((enum lend_kind)q->kind) {
	case LEND_CURIOUS:
		a->result = templates_curious(l->templates, q->digest);
		break;
	case LEND_START:
		a->result = c->vm ? refuse(&err, -EBUSY, "one VM a connection")
				  : templates_start(l->templates, q->digest, &spec, &c->vm, &err);
		if (a->result == 0) {
			back[0] = c->vm->clone_pidfd;
			back[1] = c->vm->console_fd;
			back[2] = c->vm->done_fd;
			*n_back = LEND_BACK;
		}
		break;
	case LEND_LEARN:
		learn(l, q, &spec, fds[q->n_disks]);
		break;
	case LEND_MISSED:
		templates_missed(l->templates, q->digest, q->value);
		break;
	case LEND_WARM:
		a->result = templates_warm(l->templates, q->digest, &spec,
			q->value < WARM_MS_MAX ? q->value : WARM_MS_MAX, &err);
		break;
	case LEND_LIST:
		answer_list(l, a);
		break;
	case LEND_STOP:
		if (write(l->stop_pipe[1], "s", 1) < 0)
			a->result = -errno;
		break;
	default:
		a->result = refuse(&err, -EPROTO, "question %u is not known", q->kind);
	}
	if (a->result < 0)
		snprintf(a->text, sizeof a->text, "%s", err.text);
}

static bool sensible(const struct lend_request *q, ssize_t got)
{
	return got == (ssize_t)sizeof *q && q->n_disks <= VM_DISKS_MAX &&
	       (q->n_disks == 0 || q->n_disks > VM_OUTPUT_DISK) && q->cpu < 1024 &&
	       q->ram_bytes <= (uint64_t)1 << 40 && memchr(q->digest, '\0', sizeof q->digest) &&
	       memchr(q->image, '\0', sizeof q->image) && !strchr(q->image, '/') &&
	       !strchr(q->digest, '/');
}

/* How many descriptors a question brings; it is looked at before they are taken. */
static int peek(int fd, struct lend_request *q)
{
	ssize_t got = recv(fd, q, sizeof *q, MSG_PEEK);

	if (got == 0)
		return -EPIPE;
	if (got < 0)
		return -errno;
	return sensible(q, got) ? (int)(q->n_disks + (q->kind == LEND_LEARN)) : -EPROTO;
}

static int serve_one(struct connection *c)
{
	static const struct lend_answer none;
	cleanup_free struct lend_answer *a = malloc(sizeof *a);
	struct lend_request q;
	int fds[VM_DISKS_MAX + 1], back[LEND_BACK];
	size_t n_back = 0;

	int n = peek(c->fd, &q);
	if (n < 0 || !a)
		return n < 0 ? n : -ENOMEM;
	ssize_t got = fds_receive(c->fd, &q, sizeof q, fds, (size_t)n, HELLO_MS, NULL);
	if (got <= 0)
		return got < 0 ? (int)got : -EPIPE;
	*a = none;
	if (!sensible(&q, got) || q.build != c->lender->build) {
		a->result = -ESTALE;
		snprintf(a->text, sizeof a->text,
			"the templates are of another guest kernel or another build of pe");
		if (q.kind == LEND_STOP)
			answer(c, &q, fds, a, back, &n_back);
	} else {
		answer(c, &q, fds, a, back, &n_back);
	}
	for (int i = 0; i < n; i++)
		close(fds[i]);
	return fds_send(c->fd, a, sizeof *a, back, n_back);
}

static bool is_ours(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid();
}

static void end_connection(struct connection *c)
{
	struct lender *l = c->lender;

	vm_engine_uml.free(c->vm);
	close(c->fd);
	free(c);
	pthread_mutex_lock(&l->lock);
	l->connections--;
	l->asked_ms = holder_now_ms();
	pthread_cond_signal(&l->left);
	pthread_mutex_unlock(&l->lock);
}

/* Who has borrowed a VM waits for it, but cannot settle it. */
static void settle_late(struct connection *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	if (!c->vm || c->settled || poll(&p, 1, SETTLE_MS) != 0)
		return;
	vm_engine_uml.settle(c->vm);
	c->settled = true;
}

static void *connection_main(void *arg)
{
	struct connection *c = arg;

	while (is_ours(c->fd) && serve_one(c) == 0)
		settle_late(c);
	end_connection(c);
	return NULL;
}

static struct connection *connection_new(struct lender *l, int fd)
{
	struct connection *c = calloc(1, sizeof *c);

	pthread_mutex_lock(&l->lock);
	bool room = c && l->connections < CONNECTIONS_MAX;
	l->connections += room;
	pthread_mutex_unlock(&l->lock);
	if (!room) {
		free(c);
		return NULL;
	}
	*c = (struct connection){ .lender = l, .fd = fd };
	return c;
}

static void take_connection(struct lender *l, int fd)
{
	struct connection *c = connection_new(l, fd);
	pthread_attr_t attributes;
	pthread_t thread;

	if (!c) {
		close(fd);
		return;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attributes, connection_main, c) != 0)
		end_connection(c);
	pthread_attr_destroy(&attributes);
}

/* A socket that a dead process left is taken over; one that answers is not. */
static int listen_at(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof address.sun_path)
		return refuse(err, -ENAMETOOLONG, "the path '%s' is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, -errno, "make a socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return refuse(err, -EADDRINUSE, "templates are kept already ('%s')", path);
	close(take_fd(fd));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(err, -errno, "make a socket");
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0 ||
		listen(fd, BACKLOG) < 0)
		return fail(err, -errno, "listen at '%s'", path);
	return take_fd(fd);
}

static bool is_idle(struct lender *l, uint64_t idle_ms)
{
	pthread_mutex_lock(&l->lock);
	bool idle = idle_ms > 0 && l->connections == 0 && holder_now_ms() - l->asked_ms > idle_ms;
	pthread_mutex_unlock(&l->lock);
	return idle;
}

static void accept_until_told(struct lender *l, int listen_fd, uint64_t idle_ms, int stop_fd)
{
	struct pollfd p[] = {
		{ .fd = listen_fd, .events = POLLIN },
		{ .fd = l->stop_pipe[0], .events = POLLIN },
		{ .fd = stop_fd, .events = POLLIN },
	};

	while (!is_idle(l, idle_ms)) {
		int n = poll(p, 3, 1000);
		if (n > 0 && (p[1].revents || p[2].revents))
			return;
		if (n <= 0 || !p[0].revents)
			continue;
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			take_connection(l, fd);
	}
}

int lend_serve(
	const struct templates_config *config, uint64_t idle_ms, int stop_fd, struct error *err)
{
	cleanup_free char *path = NULL;
	struct lender l = { .build = lend_build(config->kernel, config->init),
		.asked_ms = holder_now_ms() };

	int r = lend_path(true, &path, err);
	if (r < 0)
		return r;
	cleanup_fd int listen_fd = listen_at(path, err);
	if (listen_fd < 0)
		return listen_fd;
	if (pipe2(l.stop_pipe, O_CLOEXEC) < 0)
		return fail(err, -errno, "make a pipe");
	pthread_mutex_init(&l.lock, NULL);
	pthread_cond_init(&l.left, NULL);
	r = templates_new(config, &l.templates, err);
	if (r == 0) {
		accept_until_told(&l, listen_fd, idle_ms, stop_fd);
		unlink(path);
		close(take_fd(listen_fd));
		/* Runs that go on are let end: who asked is waiting. */
		pthread_mutex_lock(&l.lock);
		while (l.connections > 0)
			pthread_cond_wait(&l.left, &l.lock);
		pthread_mutex_unlock(&l.lock);
	}
	templates_free(l.templates);
	close(l.stop_pipe[0]);
	close(l.stop_pipe[1]);
	pthread_cond_destroy(&l.left);
	pthread_mutex_destroy(&l.lock);
	return r;
}
