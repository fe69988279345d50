/* SPDX-License-Identifier: MIT */
/* What init and the reaper tell each other through the memory they share. */
#pragma once

#include "init.h"

/* Where the reaper or the program before its exec failed. */
enum program_step {
	STEP_NONE,
	STEP_HOSTNAME,
	STEP_PROC,
	STEP_PTS,
	STEP_NET,
	STEP_STDIO,
	STEP_START,
	STEP_WAIT,
	STEP_USER,
	STEP_RIGHTS,
	STEP_FILTER,
	STEP_CWD,
	STEP_EXEC,
};

struct program {
	const char *cwd;
	int mapped; /* futex: 1 once init has written the user namespace's maps */
	int ended;  /* 1 once @status holds the program's wait status */
	int status;
	enum program_step failed;
	int error; /* errno of the failed step */
};

extern struct program program;

void program_set_limits(void);

/* Starts the reaper, which waits for program_release(). Returns its pid or a negative errno. */
long program_start(int *ret_pidfd);
void program_release(void);
