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

/* How far the reaper may go. */
enum program_stage { STAGE_BORN, STAGE_PREPARE, STAGE_RUN };

struct program {
	const char *cwd, *usual_cwd;
	int stage;     /* futex; set by init, STAGE_PREPARE once the namespace's maps are written */
	int prepared;  /* futex; set by the reaper: 1 when it waits for STAGE_RUN or has failed */
	int closed;    /* the write ends of the pipes are */
	long live_pid; /* of a program that was started before there was a job; 0: none */
	bool live_wanted;  /* it is to run the job */
	struct span job;   /* what it will be told */
	bool early;        /* there is no job yet: the program is to become as ready as it can */
	bool ready;        /* it is */
	bool ready_wanted; /* it is to run the job */
	int ended;         /* 1 once @status holds the program's wait status */
	int status;
	enum program_step failed;
	int error; /* errno of the failed step */
};

extern struct program program;

void program_set_limits(void);

/* Starts the reaper, which waits for program_release(). Returns its pid or a negative errno. */
long program_start(int *ret_pidfd);
void program_release(enum program_stage stage);

/* Waits until the reaper has done all that can be done without a job. */
void program_await_reaper(void);

/* The write ends are the program's alone, or the end of its output would never be seen. Once. */
void program_close_pipes(void);
