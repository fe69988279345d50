/* SPDX-License-Identifier: MIT */
#include "result.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "bundle/bundle.h"
#include "bundle/kv.h"
#include "sys/io.h"
#include "sys/memfd.h"

/* What init keeps for it. */
enum { SKIPPED_MAX = 65536 };

enum { COPY_MAX = 256 << 10 }; /* bytes of a disk that are rather copied than mapped */

static const char *const words[RESULT_OUTCOMES] = {
	[RESULT_EXITED] = "exited",
	[RESULT_SIGNALED] = "signaled",
	[RESULT_TIMEOUT] = "timeout",
	[RESULT_OUT_OF_MEMORY] = "out_of_memory",
	[RESULT_OUTPUT_LIMIT] = "output_limit",
	[RESULT_NOT_FOUND] = "not_found",
	[RESULT_NOT_EXECUTABLE] = "not_executable",
	[RESULT_REJECTED] = "rejected",
	[RESULT_LOST] = "lost",
};

const char *result_outcome_word(enum result_outcome o)
{
	return words[o];
}

const char *result_signal_name(int signal, char *buf)
{
	const char *name = sigabbrev_np(signal);

	if (name)
		snprintf(buf, 16, "SIG%s", name);
	else
		snprintf(buf, 16, "%d", signal);
	return buf;
}

static int read_outcome(struct result *r, struct span text, struct error *err)
{
	struct span word = { "", 0 };
	uint64_t status = 0;

	kv_get(text, "outcome", &word);
	for (int i = 0; i < RESULT_OUTCOMES; i++)
		if (span_equal(word, span_of(words[i]))) {
			r->outcome = (enum result_outcome)i;
			if (kv_get_u64(text, "status", 255, &status) < 0)
				return refuse(err, -EPROTO, "output bundle: no exit status");
			if (i == RESULT_SIGNALED && (status < 1 || status >= (uint64_t)NSIG))
				return refuse(
					err, -EPROTO, "output bundle: no signal %d", (int)status);
			r->status = (int)status;
			return 0;
		}
	return refuse(err, -EPROTO, "output bundle: unknown outcome '%.*s'",
		(int)(word.n < 40 ? word.n : 40), word.p);
}

static int read_exit(struct result *r, struct span text, struct error *err)
{
	struct span message;
	const struct {
		const char *key;
		uint64_t *value;
	} numbers[] = {
		{ "wall_us", &r->wall_us },
		{ "user_us", &r->user_us },
		{ "system_us", &r->system_us },
		{ "peak_bytes", &r->peak_bytes },
		{ "skipped_more", &r->skipped_more },
		{ "stamp_start", &r->stamps.init },
		{ "stamp_ready", &r->stamps.ready },
		{ "stamp_exec", &r->stamps.exec },
		{ "stamp_end", &r->stamps.end },
		{ "stamp_packed", &r->stamps.packed },
	};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (kv_get_u64(text, numbers[i].key, INT64_MAX, numbers[i].value) < 0)
			return refuse(
				err, -EPROTO, "output bundle: no number '%s'", numbers[i].key);
	/* Newer than the rest. */
	kv_get_u64(text, "read_bytes", INT64_MAX, &r->read_bytes);
	if (kv_get(text, "message", &message))
		snprintf(r->message, sizeof r->message, "%.*s", (int)message.n, message.p);
	return read_outcome(r, text, err);
}

static int read_skipped(struct result *r, struct span text, struct error *err)
{
	struct span item;

	if (text.n > SKIPPED_MAX)
		return refuse(err, -EPROTO, "output bundle: %zu bytes of skipped names", text.n);
	while (span_cut(&text, '\0', &item)) {
		struct result_skipped *s = reallocarray(r->skipped, r->n_skipped + 1, sizeof *s),
				      one;
		if (!s)
			return fail(err, -ENOMEM, "read the output bundle");
		r->skipped = s;
		one.name = item;
		if (!span_cut(&one.name, ' ', &one.reason) || one.reason.n == 0 || one.name.n == 0)
			return refuse(err, -EPROTO,
				"output bundle: a skipped file without a name or a reason");
		s[r->n_skipped++] = one;
	}
	return 0;
}

static int add_file(struct result *r, const struct bundle_entry *e, size_t *room, struct error *err)
{
	if (r->n_files == *room) {
		size_t more = *room ? *room * 2 : 16;
		struct result_file *files = reallocarray(r->files, more, sizeof *files);
		if (!files)
			return fail(err, -ENOMEM, "read the output bundle");
		r->files = files;
		*room = more;
	}
	r->files[r->n_files++] = (struct result_file){ span_skip(e->name, 4), e->mode, e->data };
	return 0;
}

/* One entry; *@seen_exit becomes true with the record that makes a bundle whole. */
static int read_entry(struct result *r, const struct bundle_entry *e, size_t *room, bool *seen_exit,
	struct error *err)
{
	if (span_starts(e->name, SPAN_LITERAL("dir/")))
		return add_file(r, e, room, err);
	if (!S_ISREG(e->mode))
		return refuse(err, -EPROTO, "output bundle: a directory that is not below dir/");
	if (span_equal(e->name, SPAN_LITERAL("stdout")))
		r->out = e->data;
	else if (span_equal(e->name, SPAN_LITERAL("stderr")))
		r->err = e->data;
	else if (span_equal(e->name, SPAN_LITERAL("warm")))
		r->warm = e->data;
	else if (span_equal(e->name, SPAN_LITERAL("skipped")))
		return read_skipped(r, e->data, err);
	else if (!span_equal(e->name, SPAN_LITERAL("exit")))
		return refuse(err, -EPROTO, "output bundle: unknown entry '%.*s'",
			(int)(e->name.n < 40 ? e->name.n : 40), e->name.p);
	else if (*seen_exit)
		return refuse(err, -EPROTO, "output bundle: two exit records");
	else
		*seen_exit = true;
	return span_equal(e->name, SPAN_LITERAL("exit")) ? read_exit(r, e->data, err) : 0;
}

static int compare_files(const void *a, const void *b)
{
	const struct span *x = &((const struct result_file *)a)->name,
			  *y = &((const struct result_file *)b)->name;
	int c = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	if (c != 0)
		return c;
	return x->n < y->n ? -1 : x->n > y->n;
}

static int sort_files(struct result *r, struct error *err)
{
	if (r->n_files == 0)
		return 0;
	qsort(r->files, r->n_files, sizeof *r->files, compare_files);
	for (size_t i = 1; i < r->n_files; i++)
		if (compare_files(&r->files[i - 1], &r->files[i]) == 0)
			return refuse(err, -EPROTO, "output bundle: two files of one name");
	return 0;
}

/* Only what there is of it: a disk is mostly hole. -EAGAIN: too much for that. */
static int copy(int fd, struct result *r)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_blocks * 512 > COPY_MAX)
		return -EAGAIN;
	r->copy = malloc((size_t)st.st_blocks * 512 + 1);
	ssize_t n = r->copy ? io_pread(fd, r->copy, (size_t)st.st_blocks * 512, 0) : -ENOMEM;
	if (n < 0)
		return (int)n;
	r->map = (struct span){ r->copy, (size_t)n };
	return 0;
}

int result_read(int fd, bool still, struct result **ret, struct error *err)
{
	cleanup(result_freep) struct result *r = calloc(1, sizeof *r);
	struct bundle_reader reader;
	struct bundle_entry e;
	size_t room = 0;
	bool seen_exit = false;

	if (!r)
		return fail(err, -ENOMEM, "read the output bundle");
	int n = copy(fd, r);
	if (n == -EAGAIN && still)
		n = memfd_map(fd, &r->map);
	if (n < 0)
		return fail(err, n, "read the output bundle");

	bundle_reader_init(&reader, r->map);
	while ((n = bundle_next(&reader, &e, err)) > 0) {
		n = read_entry(r, &e, &room, &seen_exit, err);
		if (n < 0)
			return n;
	}
	if (n < 0)
		return n;
	if (!seen_exit)
		return refuse(err, -EPROTO, "output bundle: no exit record");
	n = sort_files(r, err);
	if (n < 0)
		return n;
	*ret = take_ptr(r);
	return 0;
}

uint64_t result_size(const struct result *r)
{
	uint64_t sum = r->out.n + r->err.n;

	for (size_t i = 0; i < r->n_files; i++)
		sum += r->files[i].data.n;
	return sum;
}

struct result *result_new(enum result_outcome outcome, const char *message)
{
	struct result *r = calloc(1, sizeof *r);

	if (r) {
		r->outcome = outcome;
		snprintf(r->message, sizeof r->message, "%s", message);
	}
	return r;
}

void result_free(struct result *r)
{
	if (!r)
		return;
	if (r->copy)
		free(r->copy);
	else
		memfd_unmap(&r->map);
	free(r->files);
	free(r->skipped);
	free(r);
}

void result_freep(struct result **r)
{
	result_free(*r);
}
