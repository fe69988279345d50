/* SPDX-License-Identifier: MIT */
/*
 * A live program: started in a template, by the words of the catalog, as the user that jobs have
 * when they do not say, with nothing of any job. It writes a byte to descriptor 3 when it has done
 * what can be done beforehand, and then reads descriptor 4 to its end: strings that end in NUL,
 * which are the directory, the file that is its stdin (to be opened, and unlinked if it is
 * STDIN_PATH), the number of arguments, the arguments, the environment. It goes on as the command
 * that the arguments name; one that it cannot be, it executes.
 *
 * A job with another user, or without arguments that name it, is run as ever, and the live program
 * killed.
 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/io.h"

#define STDIN_PATH "/tmp/.stdin"

enum { READY_MS = 20000, WORDS_MAX = 32, TEXT_MAX = 16384 };

static char *argv[WORDS_MAX + 1];

/* The initramfs' file "live": words that end in NUL. */
void live_load(void)
{
	static char text[TEXT_MAX + 1] LARGE(5); /* the last word ends, whatever the file holds */
	size_t n = 0;

	cleanup_fd int fd = open("/live", O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : io_read(fd, text, TEXT_MAX);
	struct span rest = { text, got > 0 ? (size_t)got : 0 }, word;
	while (n < WORDS_MAX && span_cut(&rest, '\0', &word))
		argv[n++] = (char *)(uintptr_t)word.p;
	if (n == 0)
		return;
	for (int i = 0; i < 2; i++)
		if (pipe2(guest.live_pipe[i], O_CLOEXEC) < 0)
			die("make a pipe: %s", strerror(errno));
	guest.live_argv = argv;
}

/* Until it is ready, has ended or takes too long: then there is none. */
void live_await(void)
{
	struct pollfd p = { .fd = guest.live_pipe[0][0], .events = POLLIN };
	char byte;

	if (!guest.live_argv)
		return;
	close(guest.live_pipe[0][1]);
	close(guest.live_pipe[1][0]);
	if (program.live_pid <= 0 || poll(&p, 1, READY_MS) <= 0 || read(p.fd, &byte, 1) != 1)
		guest.live_argv = NULL;
	close(p.fd);
}

static const char *leaf_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Where the job's standard input is a file that it can open. */
static const char *keep_stdin(void)
{
	struct span s = guest.config.standard_input;

	if (s.n == 0)
		return "/dev/null";
	cleanup_fd int fd = open(STDIN_PATH, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0 || io_write(fd, s.p, s.n) < 0 || fchown(fd, guest.user.uid, guest.user.gid) < 0)
		die("keep stdin: %s", strerror(errno));
	return STDIN_PATH;
}

static char *add(char *to, const char *text)
{
	size_t n = strlen(text) + 1;

	memcpy(to, text, n);
	return to + n;
}

/* The job in words, behind the directory. */
static struct span describe_job(void)
{
	size_t n = guest.config.cwd.n + 128, argc = 0;
	char count[24];

	for (char **a = guest.config.argv; *a; a++, argc++)
		n += strlen(*a) + 1;
	for (char **e = guest.config.env; *e; e++)
		n += strlen(*e) + 1;
	snprintf(count, sizeof count, "%zu", argc);

	char *text = memory_get(n), *p = add(text, program.cwd);
	p = add(p, keep_stdin());
	p = add(p, count);
	for (char **a = guest.config.argv; *a; a++)
		p = add(p, *a);
	for (char **e = guest.config.env; *e; e++)
		p = add(p, *e);
	return (struct span){ text, (size_t)(p - text) };
}

bool live_take_job(void)
{
	if (program.live_pid <= 0)
		return false;
	program.live_wanted =
		guest.live_argv && user_is_usual() &&
		strcmp(leaf_of(guest.config.argv[0]), leaf_of(guest.live_argv[0])) == 0;
	if (program.live_wanted)
		program.job = describe_job();
	return program.live_wanted;
}
