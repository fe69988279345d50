/* SPDX-License-Identifier: MIT */
#include "unpack.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "codec.h"
#include "hash/sha256.h"
#include "ring.h"
#include "sys/io.h"

enum {
	READ_BYTES = 256 << 10,
};

struct unpack {
	struct unpack_spec spec;
	struct ring ring;
	pthread_t thread;
	bool running;

	/* The thread's own. */
	struct sha256 *stored_hash;
	char *input;
	const struct codec *codec;
	void *state;
	uint64_t read, out;
	bool between, hashed; /* all that is stored, and found right */

	/* The taker's. */
	struct sha256 *out_hash;
	bool checked;
};

static int mismatch(const struct unpack *u, const char *of_what, const unsigned char *is,
	const unsigned char *should, struct error *err)
{
	char a[SHA256_TEXT], b[SHA256_TEXT];

	return refuse(err, -EBADMSG, "layer %s is damaged: the digest of %s is %s, not %s",
		u->spec.name, of_what, sha256_format(is, a), sha256_format(should, b));
}

/* The next input; empty at the end. */
static int read_more(struct unpack *u, struct span *ret, struct error *err)
{
	uint64_t left = u->spec.n - u->read;
	size_t n = left < READ_BYTES ? (size_t)left : READ_BYTES;

	ssize_t got = io_pread(u->spec.fd, u->input, n, (off_t)(u->spec.at + u->read));
	if (got < 0)
		return fail(err, (int)got, "read layer %s", u->spec.name);
	if ((size_t)got < n)
		return refuse(err, -EPROTO, "layer %s is cut short: %llu bytes, not %llu",
			u->spec.name, (unsigned long long)(u->read + (uint64_t)got),
			(unsigned long long)u->spec.n);
	if (u->stored_hash)
		sha256_add(u->stored_hash, u->input, n);
	u->read += n;
	if (u->spec.done)
		atomic_fetch_add_explicit(u->spec.done, n, memory_order_relaxed);
	*ret = (struct span){ u->input, n };
	return 0;
}

static int check_size(const struct unpack *u, struct error *err)
{
	if (u->out > UNPACK_BYTES_MAX ||
		(u->out > UNPACK_RATIO_FROM && u->out / UNPACK_RATIO_MAX > u->read))
		return refuse(err, -EFBIG,
			"layer %s is a bomb: %llu bytes of it became more than %llu", u->spec.name,
			(unsigned long long)u->read, (unsigned long long)u->out);
	return 0;
}

/* Undoes all of @in. -ECANCELED when the taker has gone. */
static int undo(struct unpack *u, struct span in, struct error *err)
{
	struct error why;
	bool full = false;

	while (in.n > 0 || (full && !u->between)) {
		char *room = ring_room(&u->ring);
		if (!room)
			return -ECANCELED;
		ssize_t n = u->codec->run(u->state, &in, room, RING_PIECE_BYTES, &u->between, &why);
		if (n < 0)
			return refuse(err, (int)n, "layer %s: %s", u->spec.name, why.text);
		full = n == RING_PIECE_BYTES;
		u->out += (uint64_t)n;
		if (n > 0)
			ring_give(&u->ring, (size_t)n);
		int r = check_size(u, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int choose_codec(struct unpack *u, struct span head, struct error *err)
{
	u->codec = codec_of(head);
	u->state = u->codec->open();
	return u->state ? 0 : fail(err, -ENOMEM, "read layer %s", u->spec.name);
}

static int check_stored(struct unpack *u, struct error *err)
{
	unsigned char digest[SHA256_BYTES];

	if (!u->stored_hash || u->hashed)
		return 0;
	u->hashed = true;
	sha256_end(u->stored_hash, digest);
	return memcmp(digest, u->spec.digest, sizeof digest) == 0
		       ? 0
		       : mismatch(u, "the stored bytes", digest, u->spec.digest, err);
}

static int undo_all(struct unpack *u, struct error *err)
{
	struct span in;

	do {
		int r = read_more(u, &in, err);
		if (r == 0 && !u->codec)
			r = choose_codec(u, in, err);
		if (r == 0)
			r = undo(u, in, err);
		if (r < 0)
			return r;
	} while (in.n > 0);

	int r = check_stored(u, err);
	if (r < 0)
		return r;
	if (!u->between && u->read > 0)
		return refuse(err, -EPROTO, "layer %s: its %s ends in the middle", u->spec.name,
			u->codec->name);
	return 0;
}

static void *work(void *arg)
{
	struct unpack *u = arg;
	struct error why = { "" };

	int r = undo_all(u, &why);
	/* What is no gzip any more is known better by its digest: the rest is read for that alone.
	 */
	if (r == -EPROTO && u->stored_hash) {
		struct error better;
		struct span in;
		int e;

		do
			e = read_more(u, &in, NULL);
		while (e == 0 && in.n > 0);
		e = e == 0 ? check_stored(u, &better) : 0;
		if (e < 0) {
			r = e;
			why = better;
		}
	}
	ring_end(&u->ring, r, &why);
	return NULL;
}

/* Signals are for the thread that waits for them. */
static int start_thread(struct unpack *u)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int r = pthread_create(&u->thread, NULL, work, u);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	u->running = r == 0;
	return -r;
}

int unpack_open(const struct unpack_spec *spec, struct unpack **ret, struct error *err)
{
	cleanup(unpack_closep) struct unpack *u = calloc(1, sizeof *u);
	if (!u)
		return fail(err, -ENOMEM, "read layer %s", spec->name);
	u->spec = *spec;
	u->between = true;
	if (ring_init(&u->ring) < 0 || !(u->input = malloc(READ_BYTES)) ||
		(spec->digest && !(u->stored_hash = sha256_new())) ||
		(spec->diff_id && !(u->out_hash = sha256_new())))
		return fail(err, -ENOMEM, "read layer %s", spec->name);
	int r = start_thread(u);
	if (r < 0)
		return fail(err, r, "start a thread for layer %s", spec->name);
	*ret = take_ptr(u);
	return 0;
}

static int next(void *ctx, struct span *ret, struct error *err)
{
	struct unpack *u = ctx;
	unsigned char digest[SHA256_BYTES];

	int r = ring_take(&u->ring, ret, err);
	if (r > 0 && u->out_hash)
		sha256_add(u->out_hash, ret->p, ret->n);
	if (r != 0 || !u->out_hash || u->checked)
		return r;
	u->checked = true;
	sha256_end(u->out_hash, digest);
	return memcmp(digest, u->spec.diff_id, sizeof digest) == 0
		       ? 0
		       : mismatch(u, "its tar", digest, u->spec.diff_id, err);
}

struct stream unpack_stream(struct unpack *u)
{
	return (struct stream){ .next = next, .ctx = u };
}

void unpack_close(struct unpack *u)
{
	if (!u)
		return;
	if (u->running) {
		ring_abandon(&u->ring);
		pthread_join(u->thread, NULL);
	}
	if (u->state)
		u->codec->close(u->state);
	ring_done(&u->ring);
	free(u->input);
	sha256_free(u->stored_hash);
	sha256_free(u->out_hash);
	free(u);
}

void unpack_closep(struct unpack **u)
{
	unpack_close(*u);
}
