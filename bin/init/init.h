/* SPDX-License-Identifier: MIT */
/*
 * The guest's init: PID 1 of a VM that lives for one run.
 *
 * Theory of operation. Three tasks, two address spaces:
 *
 *   init      PID 1 of the guest. Reads the input bundle from disk B, builds the root file system,
 * starts the reaper, then sits in one poll loop: the program's stdout and stderr, the reaper's end,
 * the clock. At the end it packs the output bundle onto disk C and powers off. Nothing the program
 * can name reaches it. reaper    PID 1 of the program's namespaces. Shares init's address space (a
 * second one would cost a host process and half a millisecond), so it must not touch errno: it
 * makes raw system calls only. Starts the program, reaps whatever is orphaned, and ends when the
 * program ends; the kernel then kills all that is left. program   unprivileged, in its own cgroup.
 * Runs in the reaper's memory until exec, while the reaper waits (vfork).
 *
 * Death: the program's end ends the reaper (its PID namespace dies with it); init kills the reaper
 * on timeout or output limit. An init that cannot go on writes a bundle that says why, and powers
 * off. There is no other way out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#include "base/span.h"

enum {
	ARGS_MAX = 16384,    /* arguments or environment strings */
	GROUPS_MAX = 64,     /* supplementary groups of a user */
	ID_MAX = 0x7fffffff, /* numeric users and groups */
	OUTPUT_SLACK = 8192, /* bytes that /output holds above the output limit */
	DATA_DISKS_MAX = 8,
	HELD = 7, /* namespaces that are held */
};

/*
 * Large buffers come after all small variables, by @order: a clone owns what init writes in runs of
 * pages (lib/vm/touched.h), and so what every job writes lies together: small variables, the
 * stacks, the beginning of the path and the packer.
 */
#define LARGE(order) __attribute__((section(".lbss." #order)))

/* Where commands are looked for when a job does not say. */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Disks in the order in which the engine gives them. */
enum disk { DISK_IMAGE, DISK_INPUT, DISK_OUTPUT, DISK_DATA };

/* What the host asks for, read from the input bundle. Spans point into the bundle. */
struct config {
	uint64_t timeout_ms, memory_bytes, output_bytes, scratch_bytes, input_bytes, pids_max;
	uint64_t record;       /* 1: say what of the image was read */
	uint64_t bundle_bytes; /* of the output disk are for the bundle; 0: not known */
	uint64_t live;         /* 1: behind them, show output as it comes */
	uint64_t data_disks;   /* disks behind the image's own that its files live on */
	struct span cwd, user, hostname;
	struct span standard_input;
	char **argv, **env; /* NULL-terminated */
};

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	size_t n_groups;
	char home[256]; /* "" when the image does not say */
};

/* How a run ended: the words of the exit file. */
enum outcome {
	OUTCOME_EXITED,
	OUTCOME_SIGNALED,
	OUTCOME_TIMEOUT,
	OUTCOME_OUT_OF_MEMORY,
	OUTCOME_OUTPUT_LIMIT,
	OUTCOME_NOT_FOUND,
	OUTCOME_NOT_EXECUTABLE,
	OUTCOME_REJECTED,
	OUTCOME_LOST,
};

/* Descriptors that outlive the change of root, and what the run left behind. */
struct guest {
	struct config config;
	struct config usual; /* what a template expects of a job; 0: nothing */
	struct span input;   /* the input bundle */
	struct user user;
	struct user usual_user;  /* of jobs that name none, in a template */
	int proc_fd, cgroup_fd;  /* directories: ours, the program's */
	int input_fd, output_fd; /* directories: /input, /output */
	bool output_empty;       /* nothing is in there, and nobody is left who could change that */
	int dev_fd;              /* the initramfs' /dev, where the disks are */
	int hosts_fd;            /* the program's /etc/hosts */
	int image_fd;            /* the image's own root */
	struct span warm;        /* what a template is to read of it */
	uint64_t user_before,
		system_before; /* microseconds that the program's cgroup had used then */
	uint64_t read_before;  /* bytes of it that a template had read */
	int input_disk_fd, output_disk_fd;
	int held_fds[HELD]; /* namespaces of the program, so that they last */
	int stdin_fd;       /* /dev/null, or what the job says */
	int late_stdin[2];  /* of a template: an empty file for it, to read and to write */
	int out_pipe[2][2]; /* stdout, stderr: read and write end */

	enum outcome outcome;
	int status; /* exit code or signal, by outcome */
	char message[256];
	char **live_argv;    /* a program to start before there is a job; NULL: none */
	int live_pipe[2][2]; /* it is ready; its job */

	struct span captured[2];                                  /* stdout, stderr */
	uint64_t stamp_start, stamp_ready, stamp_exec, stamp_end; /* time stamp counter */
	uint64_t wall_us;
};

extern struct guest guest;

/*
 * Whether this VM is to become a template, by the arguments that the kernel was given for init:
 * "template", and "data_disks=N".
 */
bool template_wanted(int argc, char **argv);

/* A program that is started in a template, before there is a job: live-program.c. */
void live_load(void);
void live_await(void);
bool live_take_job(void); /* whether it runs this one */

/* All that can be done for a job that is not known yet. */
void template_prepare(void);

/* Becomes a template; returns in each clone of it, without a trace of the others. */
void template_wait(void);

/* Each of these ends the VM when it cannot do its part. */
void console_open(void);
void disks_prepare(void);            /* nodes for the job's disks */
void disks_open(void);               /* the job's, or those in whose places they come */
void input_read(void);               /* the bundle and what the config says */
void usual_read(void);               /* a template: what jobs' configs say as a rule */
uint64_t disk_size(int fd);          /* bytes; 0 when it cannot be told */
void root_build(void);               /* image, overlay, /dev, /tmp, /input, /output; becomes / */
void root_fit(void);                 /* what of the root depends on the job */
void user_resolve(void);             /* needs the image's /etc */
void user_own_files(void);           /* /input, /output, the pipes */
bool user_is_usual(void);            /* the job's is the one of jobs that name none */
void input_unpack(void);             /* dir/ of the bundle into /input, owned by the user */
void cgroup_build(void);             /* the program's cgroup */
void cgroup_limit(void);             /* its limits */
void program_prepare(bool template); /* its pipes and namespaces */
void program_run(void);              /* start, watch, until nothing of it is left */
noreturn void output_pack(void);     /* and power off */

/* Shows new output at @now_us; how many ms until it may do so again, -1 when nothing is new. */
int live_show(uint64_t now_us);

/* Our failure: tells host and console, packs what there is, powers off. */
noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The job cannot be run as asked: outcome rejected with this text. */
noreturn void reject(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Files of the program's cgroup. */
enum cgroup_file {
	CGROUP_MEMORY_MAX,
	CGROUP_PIDS_MAX,
	CGROUP_CPU,
	CGROUP_MEMORY_PEAK,
	CGROUP_MEMORY_EVENTS,
	CGROUP_FILES
};

/* The number in the line of @file that starts with @key ("": in the first line); 0 when there is
 * none. */
uint64_t cgroup_read(enum cgroup_file file, const char *key);

/* Processor time of the program, microseconds. */
void cgroup_times(uint64_t *ret_user_us, uint64_t *ret_system_us);

/* An array of sock_filter for the program; see filter.c. */
struct sock_fprog;
const struct sock_fprog *filter_get(void);

/* Zeroed memory that is never given back; ends the VM when there is none. */
void *memory_get(size_t n);
char *memory_string(struct span s); /* a copy that ends in NUL */

static inline uint64_t stamp(void)
{
	return __builtin_ia32_rdtsc();
}
