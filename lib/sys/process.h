/* SPDX-License-Identifier: MIT */
/* A child process, held by its pidfd, so that it cannot be mistaken for another. */
#pragma once

#include <sys/types.h>

struct process {
	pid_t pid;
	int pidfd;
};

/*
 * Starts @argv[0], looked up in PATH, with standard output and error on the given descriptors (-1:
 * our own) and standard input on /dev/null. @env is NULL-terminated and NULL for our own. The child
 * dies with the calling thread. -errno, also of a failed exec (-ENOENT: no such program).
 */
int process_start(struct process *p, char *const argv[], char *const env[], int out_fd, int err_fd);

/* Waits. 0 to 255 as the shell counts: the exit status, or 128 + the signal that ended it; or
 * -errno. */
int process_wait(struct process *p);

/* Sends @signal; -ESRCH when it has ended. */
int process_signal(const struct process *p, int signal);

/* Kills and reaps what still runs. For a cleanup variable; { .pidfd = -1 } is no process. */
void process_done(struct process *p);
