/* SPDX-License-Identifier: MIT */
/*
 * The whole service under load, with an engine that makes no VMs: what a thread sanitizer has to
 * see. Clients come by a unix socket, post jobs, read results, make links, cancel, go away, while
 * the service runs and while it stops.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "bundle/bundle.h"
#include "cache/cache.h"
#include "cache/links.h"
#include "config/network.h"
#include "http/listen.h"
#include "image/image.h"
#include "image/writer.h"
#include "run/run.h"
#include "serve/service.h"
#include "sys/io.h"
#include "sys/memfd.h"
#include "sys/process.h"
#include "vm/vm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SLOTS = 3, CLIENTS = 6, ROUNDS = 40 };

/* --- an engine whose VMs have ended before they began --- */

struct vm {
	int ended_fd;
};

static int write_output(int fd)
{
	static const char exit_text[] =
		"outcome=exited\nstatus=0\nmessage=\nwall_us=1\nuser_us=1\nsystem_us=1\npeak_bytes="
		"1\nskipped_more=0\n"
		"stamp_start=1\nstamp_ready=1\nstamp_exec=1\nstamp_end=1\nstamp_packed=1\n";
	static __thread char buffer[BUNDLE_BLOCK];
	struct bundle_writer w;

	bundle_writer_init(&w, fd, 1 << 20, buffer, sizeof buffer);
	int r = bundle_add(&w, SPAN_LITERAL("stdout"), 0644, SPAN_LITERAL("made\n"));
	if (r == 0)
		r = bundle_add(&w, SPAN_LITERAL("stderr"), 0644, SPAN_LITERAL(""));
	if (r == 0)
		r = bundle_add(&w, SPAN_LITERAL("exit"), 0644, span_of(exit_text));
	return r < 0 ? r : bundle_finish(&w);
}

static int fake_start(const struct vm_spec *spec, struct vm **ret, struct error *err)
{
	static unsigned number;
	struct vm *vm = malloc(sizeof *vm);

	if (!vm)
		return -ENOMEM;
	/* Each seventh fails, each third takes a while. */
	unsigned n = __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);
	vm->ended_fd = eventfd(n % 3 != 0, EFD_CLOEXEC);
	*ret = vm;
	return n % 7 == 0 ? 0 : write_output(spec->disks[2].fd);
	(void)err;
}

static void fake_settle(struct vm *vm)
{
	usleep(500);
	eventfd_write(vm->ended_fd, 1);
}

static int fake_event_fd(const struct vm *vm)
{
	return vm->ended_fd;
}

static int fake_status(struct vm *vm, int *ret_code)
{
	(void)vm;
	*ret_code = 0;
	return 0;
}

static const char *fake_console(struct vm *vm)
{
	(void)vm;
	return "";
}

static void fake_free(struct vm *vm)
{
	if (!vm)
		return;
	close(vm->ended_fd);
	free(vm);
}

static const struct vm_engine engine = {
	.name = "fake",
	.start = fake_start,
	.settle = fake_settle,
	.event_fd = fake_event_fd,
	.status = fake_status,
	.console = fake_console,
	.free = fake_free,
};

/* --- a service of it --- */

struct fixture {
	char dir[64], store[96], socket[96], links_path[96];
	struct cache *cache;
	struct links *links;
	struct service *service;
	struct run_host host;
	pthread_t thread;
};

static struct fixture f;

static void make_image(void)
{
	struct error err;

	snprintf(f.store, sizeof f.store, "%s/images", f.dir);
	cleanup(image_freep) struct image *img = image_new("fake");
	cleanup(image_writer_closep) struct image_writer *w = NULL;
	assert_int_equal(image_writer_open(f.store, true, &w, &err), 0);
	assert_int_equal(image_writer_commit(w, img, &err), 0);
}

static void *run_service(void *arg)
{
	struct error err;

	(void)arg;
	return (void *)(intptr_t)service_run(f.service, &err);
}

static void ignore_log(void *ctx, struct span lines)
{
	(void)ctx;
	(void)lines;
}

static void start_service(void)
{
	static const int cpus[SLOTS] = { -1, -1, -1 };
	const struct cache_setup cache = {
		.dir = f.dir, .memory_bytes = 1 << 20, .disk_bytes = 1 << 22
	};
	const struct links_setup links = { .path = f.links_path, .max_bytes = 1 << 22 };
	struct address a;
	struct error err;
	char text[128];

	assert_int_equal(cache_open(&cache, &f.cache, &err), 0);
	assert_int_equal(links_open(&links, &f.links, &err), 0);
	f.host = (struct run_host){ .engine = &engine, .cpu = -1 };
	const struct service_setup setup = {
		.host = &f.host,
		.store = f.store,
		.catalog = f.dir,
		.cpus = cpus,
		.slots = SLOTS,
		.limits = { job_limits_default, job_limits_default },
		.max_waiting = 50,
		.max_per_client = 1000,
		.upload_bytes = 1 << 26,
		.http = { 100, 60000, 60000, 1 << 14, 1 << 14, 1 << 24 },
		.hot_bytes = 1 << 16,
		.cache = f.cache,
		.links = f.links,
		.public_url = "",
		.drain_ms = 5000,
		.log = ignore_log,
	};
	assert_int_equal(service_new(&setup, &f.service, &err), 0);
	snprintf(text, sizeof text, "unix:%s", f.socket);
	assert_int_equal(address_parse(text, &a, &err), 0);
	int fd = listen_open(&a, text, &err);
	assert_true(fd >= 0);
	assert_int_equal(http_server_listen(service_http(f.service), fd, &err), 0);
	assert_int_equal(pthread_create(&f.thread, NULL, run_service, NULL), 0);
}

static int set_up(void **state)
{
	(void)state;
	snprintf(f.dir, sizeof f.dir, "/tmp/pe-test-serve-XXXXXX");
	assert_non_null(mkdtemp(f.dir));
	snprintf(f.socket, sizeof f.socket, "%s/socket", f.dir);
	snprintf(f.links_path, sizeof f.links_path, "%s/links.db", f.dir);
	make_image();
	start_service();
	return 0;
}

/* --- clients --- */

struct answer {
	unsigned status;
	struct buf text;
};

static int connect_to_it(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(a.sun_path, f.socket, strlen(f.socket) + 1);
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

/* 0 when nobody answered. */
static unsigned ask(const char *method, const char *path, const char *headers, const char *body)
{
	cleanup_buf struct buf request = { 0 };
	cleanup_buf struct buf got = { 0 };
	cleanup_fd int fd = connect_to_it();
	unsigned status = 0;

	if (fd < 0)
		return 0;
	buf_addf(&request,
		"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
		"application/json\r\n%s"
		"Content-Length: %zu\r\n\r\n%s",
		method, path, headers, strlen(body), body);
	if (send(fd, request.p, request.n, MSG_NOSIGNAL) < 0)
		return 0;
	if (*headers == 'Q') /* goes away */
		return 0;
	if (io_read_all(fd, 1 << 24, &got) < 0 || got.n < 12)
		return 0;
	for (int i = 9; i < 12; i++)
		status = status * 10 + (unsigned)(got.p[i] - '0');
	return status;
}

static bool is_fine(unsigned status)
{
	return status == 0 || status == 200 || status == 201 || status == 404 || status == 409 ||
	       status == 503;
}

static void *be_client(void *arg)
{
	size_t me = (size_t)(uintptr_t)arg;
	uintptr_t bad = 0;
	char body[256];

	for (int i = 0; i < ROUNDS; i++) {
		/* Some are the same as others', some are not kept. */
		snprintf(body, sizeof body,
			"{\"image\":\"fake\",\"argv\":[\"%d\"],\"cache\":\"%s\"}", i,
			i % 4 == 0   ? "off"
			: i % 5 == 0 ? "refresh"
				     : "use");
		bad += !is_fine(ask("POST", "/api/v1/runs", "", body));
		bad += !is_fine(ask("POST", "/api/v1/runs", "Accept: text/event-stream\r\n", body));
		bad += !is_fine(
			ask("POST", "/api/v1/runs", "Accept: multipart/form-data\r\n", body));
		ask("POST", "/api/v1/runs", "Quit: yes\r\n", body);
		snprintf(body, sizeof body, "{\"state\":{\"client\":%zu,\"i\":%d}}", me, i);
		bad += !is_fine(ask("POST", "/api/v1/links", "", body));
		bad += !is_fine(ask("GET", "/metrics", "", ""));
		bad += !is_fine(ask("GET", "/api/v1/images", "", ""));
		bad += !is_fine(
			ask("DELETE", "/api/v1/runs/00000000000000000000000000000000", "", ""));
	}
	return (void *)bad;
}

static void begin_clients(pthread_t *clients)
{
	for (size_t i = 0; i < CLIENTS; i++)
		assert_int_equal(
			pthread_create(&clients[i], NULL, be_client, (void *)(uintptr_t)i), 0);
}

static void end_clients(pthread_t *clients)
{
	for (size_t i = 0; i < CLIENTS; i++) {
		void *bad;

		pthread_join(clients[i], &bad);
		assert_ptr_equal(bad, NULL);
	}
}

static void drain_from_inside(void *ctx, struct http_mail *m)
{
	(void)m;
	service_drain(ctx);
}

static int stop(void)
{
	static struct http_mail mail;
	void *r;

	mail.call = drain_from_inside;
	http_post(service_http(f.service), &mail);
	pthread_join(f.thread, &r);
	return (int)(intptr_t)r;
}

static void load(void **state)
{
	pthread_t clients[CLIENTS];

	(void)state;
	begin_clients(clients);
	end_clients(clients);
	assert_int_equal(
		ask("POST", "/api/v1/runs", "", "{\"image\":\"fake\",\"argv\":[\"x\"]}"), 200);
	assert_int_equal(ask("GET", "/readyz", "", ""), 200);
}

static void stop_under_load(void **state)
{
	pthread_t clients[CLIENTS];

	(void)state;
	begin_clients(clients);
	usleep(100000);
	assert_int_equal(stop(), 0);
	service_free(f.service);
	f.service = NULL;
	end_clients(clients);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	if (f.service) {
		stop();
		service_free(f.service);
	}
	links_close(f.links);
	cache_close(f.cache);
	snprintf(command, sizeof command, "%s", f.dir);
	char *const argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, command, NULL };
	struct process p;
	return process_start(&p, argv, NULL, -1, -1) < 0 ? -1 : process_wait(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load),
		cmocka_unit_test(stop_under_load),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
