/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "codec.h"
#include "hash/sha256.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "unpack.h"

#include <cmocka.h>

/* Bytes that compress a little: words, runs, noise. */
static void fill(struct buf *b, size_t n)
{
	uint32_t x = 12345;

	while (b->n < n) {
		x = x * 1664525 + 1013904223;
		if (x >> 29 == 0)
			for (uint32_t i = 0; i < (x & 1023); i++)
				buf_add(b, "z", 1);
		else if (x >> 30 == 1)
			buf_addf(b, "word%u ", x >> 20 & 63);
		else
			buf_add(b, &x, 3);
	}
	b->n = n;
}

/* A member made with zlib, at level @level and with @strategy. */
static void add_gzip(struct buf *b, struct span data, int level, int strategy)
{
	z_stream z = { 0 };
	unsigned char out[4096];
	int r;

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, strategy), Z_OK);
	z.next_in = (unsigned char *)(uintptr_t)data.p;
	z.avail_in = (unsigned)data.n;
	do {
		z.next_out = out;
		z.avail_out = sizeof out;
		r = deflate(&z, Z_FINISH);
		buf_add(b, out, sizeof out - z.avail_out);
	} while (r == Z_OK);
	assert_int_equal(r, Z_STREAM_END);
	deflateEnd(&z);
}

/* Undoes @in, given in pieces of @step, into room of @room. */
static int undo(struct span in, size_t step, size_t room, struct buf *out, struct error *err)
{
	const struct codec *c = codec_of(in);
	void *state = c->open();
	char *piece = malloc(room);
	bool between = true, full = false;
	int r = 0;

	while (r >= 0 && (in.n > 0 || (full && !between))) {
		struct span part = { in.p, in.n < step ? in.n : step };
		size_t before = part.n;

		ssize_t n = c->run(state, &part, piece, room, &between, err);
		in = span_skip(in, before - part.n);
		r = n < 0 ? (int)n : buf_add(out, piece, (size_t)n);
		full = n == (ssize_t)room;
	}
	c->close(state);
	free(piece);
	return r < 0 ? r : between ? 0 : -EPIPE;
}

static void test_gzip(void **state)
{
	static const struct {
		int level, strategy;
	} ways[] = { { 0, 0 }, { 1, 0 }, { 6, 0 }, { 9, 0 }, { 6, Z_FIXED }, { 6, Z_HUFFMAN_ONLY },
		{ 6, Z_RLE } };
	static const struct {
		size_t step, room;
	} cuts[] = { { 1 << 20, 1 << 18 }, { 1, 65536 }, { 333, 1000 }, { 65536, 1 },
		{ 4096, 1 << 20 } };
	cleanup_buf struct buf data = { 0 };

	(void)state;
	fill(&data, 700000);
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		cleanup_buf struct buf packed = { 0 };

		add_gzip(&packed, buf_span(&data), ways[w].level, ways[w].strategy);
		for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
			cleanup_buf struct buf out = { 0 };
			struct error err = { "" };

			if (undo(buf_span(&packed), cuts[k].step, cuts[k].room, &out, &err) < 0)
				fail_msg("way %zu, cut %zu: %s", w, k, err.text);
			assert_int_equal(out.n, data.n);
			assert_memory_equal(out.p, data.p, data.n);
		}
	}
}

static void test_members(void **state)
{
	cleanup_buf struct buf packed = { 0 }, out = { 0 };
	struct error err = { "" };

	(void)state;
	add_gzip(&packed, SPAN_LITERAL("one "), 6, 0);
	add_gzip(&packed, SPAN_LITERAL(""), 6, 0);
	add_gzip(&packed, SPAN_LITERAL("two"), 0, 0);
	buf_add(&packed, "\0\0\0\0\0", 5);
	assert_int_equal(undo(buf_span(&packed), 7, 3, &out, &err), 0);
	assert_true(span_equal(buf_span(&out), SPAN_LITERAL("one two")));
	buf_add(&packed, "x", 1);
	assert_int_equal(undo(buf_span(&packed), 7, 3, &out, &err), -EPROTO);
	assert_non_null(strstr(err.text, "no member begins here"));
}

/* Each flipped bit of a short member that makes a difference, and each cut, is noticed. */
static void test_broken(void **state)
{
	static const struct span text =
		SPAN_LITERAL("abcabcabcabcabcdefdefdefdefdef, and so on and so on");
	cleanup_buf struct buf packed = { 0 };
	struct error err = { "" };

	(void)state;
	add_gzip(
		&packed, SPAN_LITERAL("abcabcabcabcabcdefdefdefdefdef, and so on and so on"), 6, 0);
	for (size_t i = 0; i < 8 * packed.n; i++) {
		cleanup_buf struct buf out = { 0 };
		/* Times, flags of the file system and such say nothing of the content. */
		if (i / 8 < 2 || i == 24 || (i / 8 >= 4 && i / 8 < 10))
			continue;
		packed.p[i / 8] = (char)(packed.p[i / 8] ^ 1 << i % 8);
		int r = undo(buf_span(&packed), 1000, 1000, &out, &err);
		packed.p[i / 8] = (char)(packed.p[i / 8] ^ 1 << i % 8);
		if (r == 0 && !span_equal(buf_span(&out), text))
			fail_msg("bit %zu was not noticed", i);
	}
	for (size_t n = 2; n < packed.n; n++) {
		cleanup_buf struct buf out = { 0 };

		assert_true(undo((struct span){ packed.p, n }, 1000, 1000, &out, &err) < 0);
	}
}

static void test_zstd(void **state)
{
	cleanup_buf struct buf data = { 0 }, packed = { 0 }, out = { 0 };
	struct error err = { "" };

	(void)state;
	fill(&data, 300000);
	for (int i = 0; i < 2; i++) {
		size_t room = ZSTD_compressBound(data.n);
		cleanup_free char *p = malloc(room);

		buf_add(&packed, "\x50\x2a\x4d\x18\x03\0\0\0xyz", 11);
		buf_add(&packed, p, ZSTD_compress(p, room, data.p, data.n, 3));
	}
	assert_int_equal(undo(buf_span(&packed), 777, 5000, &out, &err), 0);
	assert_int_equal(out.n, 2 * data.n);
	assert_memory_equal(out.p + data.n, data.p, data.n);
	packed.n -= 3;
	assert_true(undo(buf_span(&packed), 777, 5000, &out, &err) < 0);
}

static int unpack_all(const struct unpack_spec *spec, struct buf *out, struct error *err)
{
	cleanup(unpack_closep) struct unpack *u = NULL;
	struct span piece;
	int r = unpack_open(spec, &u, err);

	if (r < 0)
		return r;
	struct stream s = unpack_stream(u);
	while ((r = s.next(s.ctx, &piece, err)) > 0)
		buf_add(out, piece.p, piece.n);
	return r;
}

static void digest_of(struct span s, unsigned char ret[SHA256_BYTES])
{
	cleanup(sha256_freep) struct sha256 *h = sha256_new();

	sha256_add(h, s.p, s.n);
	sha256_end(h, ret);
}

static void test_digests(void **state)
{
	cleanup_buf struct buf data = { 0 }, packed = { 0 };
	unsigned char digest[SHA256_BYTES], diff_id[SHA256_BYTES], wrong[SHA256_BYTES] = { 1 };
	struct error err = { "" };
	_Atomic uint64_t done = 0;

	(void)state;
	fill(&data, 3000000);
	add_gzip(&packed, buf_span(&data), 6, 0);
	digest_of(buf_span(&packed), digest);
	digest_of(buf_span(&data), diff_id);
	cleanup_fd int fd = memfd_new("test");
	assert_int_equal(io_write(fd, "front", 5), 0);
	assert_int_equal(io_write(fd, packed.p, packed.n), 0);

	struct unpack_spec spec = { .fd = fd,
		.at = 5,
		.n = packed.n,
		.name = "L",
		.digest = digest,
		.diff_id = diff_id,
		.done = &done };
	cleanup_buf struct buf out = { 0 };
	assert_int_equal(unpack_all(&spec, &out, &err), 0);
	assert_int_equal(out.n, data.n);
	assert_int_equal(done, packed.n);

	spec.diff_id = wrong;
	assert_int_equal(unpack_all(&spec, &out, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "layer L is damaged: the digest of its tar"));
	spec.digest = wrong;
	assert_int_equal(unpack_all(&spec, &out, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "the digest of the stored bytes"));
	spec.n++;
	assert_int_equal(unpack_all(&spec, &out, &err), -EPROTO);
	assert_non_null(strstr(err.text, "layer L is cut short"));

	/* Broken in the middle: that its digest is wrong says more than what gzip thinks of it. */
	spec = (struct unpack_spec){
		.fd = fd, .at = 5, .n = packed.n, .name = "L", .digest = digest
	};
	assert_int_equal(io_pwrite(fd, "XXXXXXXX", 8, 5 + 2000), 0);
	assert_int_equal(unpack_all(&spec, &out, &err), -EBADMSG);
	spec.digest = NULL;
	assert_int_equal(unpack_all(&spec, &out, &err), -EPROTO);
}

/* Closed early, whatever the thread is doing. */
static void test_abandoned(void **state)
{
	cleanup_buf struct buf data = { 0 };
	struct error err = { "" };

	(void)state;
	fill(&data, 9000000);
	cleanup_fd int fd = memfd_new("test");
	assert_int_equal(io_write(fd, data.p, data.n), 0);
	const struct unpack_spec spec = { .fd = fd, .n = data.n, .name = "L" };
	for (int i = 0; i < 4; i++) {
		cleanup(unpack_closep) struct unpack *u = NULL;
		struct span piece;

		assert_int_equal(unpack_open(&spec, &u, &err), 0);
		struct stream s = unpack_stream(u);
		for (int k = 0; k < i; k++)
			assert_int_equal(s.next(s.ctx, &piece, &err), 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_zstd),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_abandoned),
	};

	return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
