/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "sys/io.h"
#include "writer.h"

#include <cmocka.h>

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Each test runs in an empty directory of its own; "s" in it is the store. */
static int enter(void **state)
{
	char *dir = strdup("/tmp/test-image-XXXXXX");

	*state = dir;
	return dir && mkdtemp(dir) && chdir(dir) == 0 && mkdir("s", 0755) == 0 ? 0 : -1;
}

static void remove_files(const char *path)
{
	DIR *d = opendir(path);

	for (const struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

static int leave(void **state)
{
	cleanup_free char *dir = *state;
	remove_files("s/metadata");
	remove_files("s");
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void put(const char *path, const char *text, size_t n)
{
	cleanup_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write(fd, text, n), 0);
}

/* As much of an erofs file as we look at: the magic number of the superblock. */
static void put_rootfs(const char *path)
{
	static const unsigned char magic[4] = { 0xe2, 0xe1, 0xf5, 0xe0 };
	char bytes[4096] = { 0 };

	memcpy(bytes + 1024, magic, sizeof magic);
	put(path, bytes, sizeof bytes);
}

static void put_image(const char *name, const char *config)
{
	char path[128];

	snprintf(path, sizeof path, "s/%s.erofs", name);
	put_rootfs(path);
	snprintf(path, sizeof path, "s/%s.json", name);
	put(path, config, strlen(config));
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} cases[] = {
		{ "a", true },
		{ "0", true },
		{ "gcc-12.2_x", true },
		{ "a234567890123456789012345678901234567890123456789012345678901234", true },
		{ "a2345678901234567890123456789012345678901234567890123456789012345", false },
		{ "", false },
		{ ".", false },
		{ "..", false },
		{ ".a", false },
		{ "-a", false },
		{ "_a", false },
		{ "A", false },
		{ "aB", false },
		{ "a/b", false },
		{ "a b", false },
		{ "a\n", false },
		{ "\xc3\xa4", false },
		{ "a:b", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(image_name_valid(cases[i].name), cases[i].valid);
}

static void test_store_path(void **state)
{
	(void)state;
	setenv("HOME", "/h", 1);
	unsetenv("XDG_CACHE_HOME");
	unsetenv("PE_IMAGES");
	cleanup_free char *home = image_store_path(NULL);
	assert_string_equal(home, "/h/.cache/program-explorer/images");

	setenv("XDG_CACHE_HOME", "/x", 1);
	cleanup_free char *cache = image_store_path(NULL);
	assert_string_equal(cache, "/x/program-explorer/images");

	setenv("PE_IMAGES", "p", 1);
	cleanup_free char *own = image_store_path(NULL);
	assert_string_equal(own, "p");
	cleanup_free char *given = image_store_path("g");
	assert_string_equal(given, "g");

	unsetenv("PE_IMAGES");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_null(image_store_path(NULL));
}

static void test_open(void **state)
{
	struct error err = { "" };
	cleanup(image_freep) struct image *img = NULL;
	char magic[4];

	(void)state;
	put_image("a",
		"{\"digest\": \"" DIGEST
		"\", \"title\": \"T\", \"user\": \"1000\", \"cwd\": \"/w\","
		"\"env\": [\"A=1\", \"B=2\"], \"cmd\": [\"x\"], \"entrypoint\": [\"e\", \"f\"],"
		"\"created\": 7, \"recipe\": \"r\", \"packages\": [\"p 1\"], \"of the future\": "
		"{}}");
	assert_int_equal(image_open("s", "a", &img, &err), 0);
	assert_string_equal(img->name, "a");
	assert_string_equal(img->digest, DIGEST);
	assert_string_equal(img->title, "T");
	assert_string_equal(img->user, "1000");
	assert_string_equal(img->cwd, "/w");
	assert_string_equal(img->recipe, "r");
	assert_int_equal(img->env.n, 2);
	assert_string_equal(img->env.v[1], "B=2");
	assert_string_equal(img->cmd.v[0], "x");
	assert_string_equal(img->entrypoint.v[1], "f");
	assert_string_equal(img->packages.v[0], "p 1");
	assert_int_equal(img->created, 7);
	assert_int_equal(img->bytes, 4096);
	assert_int_equal(io_pread(img->fd, magic, 4, 1024), 4);
	assert_memory_equal(magic, "\xe2\xe1\xf5\xe0", 4);
	assert_int_equal(fcntl(img->fd, F_GETFD), FD_CLOEXEC);
}

static void test_least_config(void **state)
{
	struct error err = { "" };
	cleanup(image_freep) struct image *img = NULL;

	(void)state;
	put_image("a", "{\"digest\": \"" DIGEST "\"}");
	assert_int_equal(image_open("s", "a", &img, &err), 0);
	assert_string_equal(img->title, "");
	assert_string_equal(img->user, "");
	assert_int_equal(img->env.n, 0);
	assert_int_equal(img->created, 0);
}

static void test_unknown(void **state)
{
	static const struct {
		const char *name, *text;
		int r;
	} cases[] = {
		{ "gc", "no image 'gc'; near names: gcc, gcc-11, gcc-12", -ENOENT },
		{ "pyton3", "no image 'pyton3'; near names: python3", -ENOENT },
		{ "cobol", "no image 'cobol' in 's'", -ENOENT },
		{ "../s/gcc", "'../s/gcc' is no image name: lower-case letters, digits,", -EINVAL },
		{ "", "'' is no image name", -EINVAL },
	};
	static const char *const have[] = { "gcc-13", "gcc", "gcc-11", "gcc-12", "python3" };

	(void)state;
	for (size_t i = 0; i < sizeof have / sizeof *have; i++)
		put_image(have[i], "{\"digest\": \"" DIGEST "\"}");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct image *img = NULL;
		struct error err = { "" };

		assert_int_equal(image_open("s", cases[i].name, &img, &err), cases[i].r);
		assert_null(img);
		if (strncmp(err.text, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("'%s' is not '%s'", err.text, cases[i].text);
	}
	struct image *img = NULL;
	struct error err = { "" };
	assert_int_equal(image_open("none", "gcc", &img, &err), -ENOENT);
	assert_string_equal(err.text, "no image 'gcc' in 'none'");
}

static void test_damaged_config(void **state)
{
	static const struct {
		const char *config, *text;
	} cases[] = {
		{ "", "image config 's/a.json', line 1: " },
		{ "{\n\"digest\": }", "image config 's/a.json', line 2: " },
		{ "{} x", "image config 's/a.json', line 1: end of file expected" },
		{ "[]", "image config 's/a.json', line 1: no JSON object" },
		{ "{}", "no 'digest' of the form sha256:HEX" },
		{ "{\"digest\": \"sha256:12\"}", "no 'digest' of the form sha256:HEX" },
		{ "{\"digest\": 1}", "'digest' is no string" },
		{ "{\"digest\": \"" DIGEST "\", \"digest\": \"" DIGEST "\"}", "duplicate" },
		{ "{\"digest\": \"" DIGEST "\", \"title\": null}", "'title' is no string" },
		{ "{\"digest\": \"" DIGEST "\", \"env\": \"A=1\"}", "'env' is no list" },
		{ "{\"digest\": \"" DIGEST "\", \"cmd\": [\"a\", 1]}",
			"'cmd' holds what is no string" },
		{ "{\"digest\": \"" DIGEST "\", \"created\": -1}", "'created' is no whole number" },
		{ "{\"digest\": \"" DIGEST "\", \"created\": 1.5}",
			"'created' is no whole number" },
		{ "{\"digest\": \"" DIGEST "\", \"bytes\": 4095}",
			"'s/a.erofs' is damaged: 4096 bytes, its config says 4095" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct image *img = NULL;
		struct error err = { "" };

		put_image("a", cases[i].config);
		assert_int_equal(image_open("s", "a", &img, &err), -EINVAL);
		assert_null(img);
		if (!strstr(err.text, cases[i].text))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].text);
	}
}

static void test_damaged_rootfs(void **state)
{
	struct image *img = NULL;
	struct error err = { "" };

	(void)state;
	put_image("a", "{\"digest\": \"" DIGEST "\"}");
	put("s/a.erofs", "short", 5);
	assert_int_equal(image_open("s", "a", &img, &err), -EINVAL);
	assert_string_equal(err.text, "image 's/a.erofs' is damaged: no erofs file system");
	unlink("s/a.erofs");
	assert_int_equal(image_open("s", "a", &img, &err), -ENOENT);
	assert_non_null(strstr(err.text, "s/a.erofs"));
}

static void test_list(void **state)
{
	struct image **list = NULL;
	struct error err = { "" };
	size_t n = 1;

	(void)state;
	assert_int_equal(image_list("none", &list, &n, &err), 0);
	assert_int_equal(n, 0);
	image_list_free(list, n);

	put_image("b", "{\"digest\": \"" DIGEST "\"}");
	put_image("a", "{\"digest\": \"" DIGEST "\", \"title\": \"A\"}");
	put("s/.a.json", "{", 1);
	put("s/a.log", "", 0);
	put("s/Not a name.json", "{", 1);
	put_rootfs("s/half.erofs");
	assert_int_equal(image_list("s", &list, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(list[0]->name, "a");
	assert_string_equal(list[0]->title, "A");
	assert_string_equal(list[1]->name, "b");
	assert_int_equal(list[1]->bytes, 4096);
	assert_int_equal(list[1]->fd, -1);
	image_list_free(list, n);

	put("s/a.json", "{", 1);
	list = NULL;
	assert_int_equal(image_list("s", &list, &n, &err), -EINVAL);
	assert_null(list);
	assert_non_null(strstr(err.text, "s/a.json"));
}

/* One file of @size bytes of @c, in an image of its own. */
static struct image *add_image(const char *name, char c, size_t size)
{
	cleanup(image_writer_closep) struct image_writer *w = NULL;
	struct image *img = image_new(name);
	cleanup_buf struct buf bytes = { 0 };
	struct tree_data data;
	struct error err = { "" };

	assert_int_equal(image_writer_open("s", false, &w, &err), 0);
	struct layers *l = image_writer_layers(w);
	struct tree_inode *file = tree_inode_new(l->tree, S_IFREG | 0644);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(buf_add(&bytes, &c, 1), 0);
	assert_int_equal(contents_begin(l->contents, size, &err), 0);
	assert_int_equal(contents_piece(l->contents, 0, buf_span(&bytes), &err), 0);
	assert_int_equal(contents_end(l->contents, &data, &err), 0);
	file->data = &data;
	file->size = size;
	assert_int_equal(
		tree_add(l->tree, tree_root(l->tree), SPAN_LITERAL("f"), file, 0, NULL), 0);
	strv_add(&img->env, "A=\"\n\xc3\xa4");
	strv_add(&img->labels, "org.example.l=1=2");
	img->created = 5;
	assert_int_equal(image_writer_commit(w, img, &err), 0);
	return img;
}

static off_t size_of(const char *path)
{
	struct stat st = { 0 };

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void test_add(void **state)
{
	struct error err = { "" };
	struct stat st;
	cleanup(image_freep) struct image *img = NULL, *again = NULL;
	char bytes[5] = "";

	(void)state;
	mode_t mask = umask(077);
	img = add_image("a", 'x', 5000);
	umask(mask);
	assert_int_equal(img->bytes, img->metadata_bytes + 5000);

	assert_int_equal(image_open("s", "a", &again, &err), 0);
	assert_string_equal(again->digest, img->digest);
	assert_string_equal(again->env.v[0], "A=\"\n\xc3\xa4");
	assert_int_equal(again->created, 5);
	assert_string_equal(again->labels.v[0], "org.example.l=1=2");
	assert_int_equal(again->n_data_fds, 1);
	assert_int_equal(io_pread(again->data_fds[0], bytes, 5, 4996), 5);
	assert_memory_equal(bytes, "xxxx", 5);
	assert_int_equal(fstat(again->data_fds[0], &st), 0);
	assert_int_equal(st.st_size, 8192);
	assert_int_equal(st.st_mode & 07777, 0644);

	assert_int_equal(image_store_remove("s", "a", &err), 0);
	assert_int_equal(image_store_remove("s", "a", &err), -ENOENT);
	assert_int_equal(image_store_remove("s", "../a", &err), -EINVAL);
	assert_int_equal(access("s/a.json", F_OK), -1);
}

/* The same files have the same digest, whatever was there before; contents are there once. */
static void test_digest(void **state)
{
	struct error err = { "" };
	cleanup(image_freep) struct image *a = NULL, *b = NULL, *c = NULL, *found = NULL;

	(void)state;
	a = add_image("a", 'x', 5000);
	b = add_image("b", 'y', 5000);
	assert_int_equal(size_of("s/data"), 4 * 4096);
	assert_int_equal(size_of("s/index"), 2 * 64);
	c = add_image("c", 'y', 5000);
	assert_int_equal(size_of("s/data"), 4 * 4096);
	assert_string_equal(b->digest, c->digest);
	assert_string_not_equal(a->digest, b->digest);
	assert_int_equal(rename("s/data", "s/old-data"), 0);
	assert_int_equal(rename("s/index", "s/old-index"), 0);
	cleanup(image_freep) struct image *d = NULL;
	d = add_image("d", 'y', 5000);
	assert_string_equal(b->digest, d->digest);

	assert_int_equal(image_open("s", a->digest, &found, &err), 0);
	assert_string_equal(found->name, "a");
	char brief[7 + 12 + 1];
	snprintf(brief, sizeof brief, "%s", b->digest);
	cleanup(image_freep) struct image *other = NULL;
	assert_int_equal(image_open("s", brief, &other, &err), 0);
	assert_string_equal(other->name, "b");
	assert_int_equal(image_open("s", DIGEST, &other, &err), -ENOENT);
	assert_non_null(strstr(err.text, DIGEST));
}

/* What is not committed leaves nothing; what a dead writer left is cut off. */
static void test_add_fails(void **state)
{
	struct error err = { "" };
	cleanup(image_freep) struct image *a = NULL, *b = NULL;

	(void)state;
	a = add_image("a", 'x', 5000);
	put("s/.b.json", "{", 1);
	cleanup_fd int fd = open("s/data", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(io_write(fd, "torn", 4), 0);
	cleanup_fd int index_fd = open("s/index", O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(io_write(index_fd, "torn", 4), 0);

	cleanup(image_writer_closep) struct image_writer *w = NULL;
	assert_int_equal(image_writer_open("s", false, &w, &err), 0);
	assert_int_equal(access("s/.b.json", F_OK), -1);
	assert_int_equal(size_of("s/data"), 8192);
	assert_int_equal(image_writer_open("s", false, &(struct image_writer *){ NULL }, &err),
		-EWOULDBLOCK);
	image_writer_close(take_ptr(w));
	assert_int_equal(size_of("s/data"), 8192);

	b = add_image("b", 'y', 50);
	assert_int_equal(size_of("s/index"), 2 * 64);
	assert_int_equal(size_of("s/data"), 12288);
}

/* What an older version made runs as it did, and gives way to what is added under its name. */
static void test_old_kind(void **state)
{
	struct error err = { "" };
	cleanup(image_freep) struct image *old = NULL, *fresh = NULL;

	(void)state;
	put_image("a", "{\"digest\": \"" DIGEST "\"}");
	assert_int_equal(image_open("s", "a", &old, &err), 0);
	assert_int_equal(old->n_data_fds, 0);
	fresh = add_image("a", 'x', 5000);
	assert_int_equal(access("s/a.erofs", F_OK), -1);
}

static void test_lock(void **state)
{
	struct error err = { "" };

	(void)state;
	cleanup_fd int lock = image_store_lock("s/deep/store", false, &err);
	assert_true(lock >= 0);
	assert_int_equal(image_store_lock("s/deep/store", false, &err), -EWOULDBLOCK);
	close(take_fd(lock));
	cleanup_fd int again = image_store_lock("s/deep/store", false, &err);
	assert_true(again >= 0);
	rmdir("s/deep/store");
	rmdir("s/deep");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names),
		TEST(test_store_path),
		TEST(test_open),
		TEST(test_least_config),
		TEST(test_unknown),
		TEST(test_damaged_config),
		TEST(test_damaged_rootfs),
		TEST(test_list),
		TEST(test_add),
		TEST(test_digest),
		TEST(test_add_fails),
		TEST(test_old_kind),
		TEST(test_lock),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
