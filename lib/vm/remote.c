/* SPDX-License-Identifier: MIT */
#include "remote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "sys/fds.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "uml.h"

enum { ANSWER_MS = 2000 };

struct remote {
	int fd;
	uint64_t build;
};

void remote_close(struct remote *r)
{
	if (!r)
		return;
	cleanup_closep(&r->fd);
	free(r);
}

void remote_closep(struct remote **r)
{
	remote_close(*r);
}

int remote_open(
	const struct vm_kernel *kernel, struct span init, struct remote **ret, struct error *err)
{
	cleanup(remote_closep) struct remote *r = calloc(1, sizeof *r);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (!r)
		return fail(err, -ENOMEM, "ask for a template");
	r->fd = -1;
	cleanup_free char *path = NULL;
	int e = lend_path(false, &path, err);
	if (e < 0)
		return e;
	if (strlen(path) >= sizeof address.sun_path)
		return refuse(err, -ENAMETOOLONG, "the path '%s' is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	r->build = lend_build(kernel, init);
	r->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (r->fd < 0 || connect(r->fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return fail(err, -errno, "connect to '%s'", path);
	*ret = take_ptr(r);
	return 0;
}

/* One question, with @n_fds descriptors; the answer comes with @n_back. */
static int ask(struct remote *r, const struct lend_request *q, const int *fds, size_t n_fds,
	int *back, size_t n_back, uint64_t timeout_ms, char *text, size_t n, struct error *err)
{
	static _Thread_local struct lend_answer a;

	int e = fds_send(r->fd, q, sizeof *q, fds, n_fds);
	if (e < 0)
		return fail(err, e, "ask for a template");
	ssize_t got = fds_receive(r->fd, &a, sizeof a, back, n_back, (int)timeout_ms, NULL);
	if (got == -EPROTO && n_back > 0)
		return refuse(err, -EAGAIN, "no template");
	if (got <= 0 || (size_t)got != sizeof a)
		return fail(err, got < 0 ? (int)got : -EPIPE, "ask for a template");
	a.text[sizeof a.text - 1] = '\0';
	if (a.result < 0)
		return refuse(err, a.result, "%.400s", a.text);
	if (text)
		snprintf(text, n, "%s", a.text);
	return a.result;
}

static struct lend_request question(const struct remote *r, enum lend_kind kind, const char *digest)
{
	struct lend_request q = { .build = r->build, .kind = kind };

	if (digest)
		snprintf(q.digest, sizeof q.digest, "%s", digest);
	return q;
}

/* Adds what @spec says, and its disks to @fds. Returns their number. */
static size_t describe(struct lend_request *q, const struct vm_spec *spec, int fds[VM_DISKS_MAX])
{
	snprintf(q->image, sizeof q->image, "%s", spec->image ? spec->image : "");
	q->n_disks = (uint32_t)spec->n_disks;
	q->cpu = spec->cpu;
	q->ram_bytes = spec->ram_bytes;
	q->processes = spec->processes;
	q->cpu_seconds = spec->cpu_seconds;
	for (size_t i = 0; i < spec->n_disks; i++) {
		fds[i] = spec->disks[i].fd;
		q->writable |= (uint32_t)spec->disks[i].writable << i;
	}
	return spec->n_disks;
}

int remote_ask(struct remote *r, enum lend_kind kind, uint64_t timeout_ms, char *ret_text, size_t n,
	struct error *err)
{
	struct lend_request q = question(r, kind, NULL);

	return ask(r, &q, NULL, 0, NULL, 0, timeout_ms, ret_text, n, err);
}

int remote_curious(struct remote *r, const char *digest)
{
	struct lend_request q = question(r, LEND_CURIOUS, digest);

	return ask(r, &q, NULL, 0, NULL, 0, ANSWER_MS, NULL, 0, NULL);
}

int remote_start(struct remote *r, const char *digest, const struct vm_spec *spec, struct vm **ret,
	struct error *err)
{
	struct lend_request q = question(r, LEND_START, digest);
	cleanup(uml_freep) struct vm *vm = uml_new();
	int fds[VM_DISKS_MAX], back[LEND_BACK];

	if (!vm)
		return fail(err, -ENOMEM, "start a clone");
	size_t n = describe(&q, spec, fds);
	int e = ask(r, &q, fds, n, back, LEND_BACK, ANSWER_MS, NULL, 0, err);
	if (e < 0)
		return e;
	vm->clone_pidfd = back[0];
	vm->console_fd = back[1];
	vm->done_fd = back[2];
	*ret = take_ptr(vm);
	return 0;
}

int remote_warm(struct remote *r, const char *digest, const struct vm_spec *spec,
	uint64_t timeout_ms, struct error *err)
{
	struct lend_request q = question(r, LEND_WARM, digest);
	int fds[VM_DISKS_MAX];

	q.value = timeout_ms;
	size_t n = describe(&q, spec, fds);
	return ask(r, &q, fds, n, NULL, 0, timeout_ms + ANSWER_MS, NULL, 0, err);
}

void remote_learn(
	struct remote *r, const char *digest, const struct vm_spec *spec, struct span list)
{
	struct lend_request q = question(r, LEND_LEARN, digest);
	int fds[VM_DISKS_MAX + 1];

	cleanup_fd int list_fd = memfd_new("list");
	if (list_fd < 0 || io_write(list_fd, list.p, list.n) < 0)
		return;
	size_t n = describe(&q, spec, fds);
	fds[n] = list_fd;
	ask(r, &q, fds, n + 1, NULL, 0, ANSWER_MS, NULL, 0, NULL);
}

void remote_missed(struct remote *r, const char *digest, uint64_t bytes)
{
	struct lend_request q = question(r, LEND_MISSED, digest);

	q.value = bytes;
	ask(r, &q, NULL, 0, NULL, 0, ANSWER_MS, NULL, 0, NULL);
}
