/* SPDX-License-Identifier: MIT */
/*
 * A job: what a person asks to be run, and the input bundle that it becomes.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/strv.h"

struct image;

struct job_limits {
	uint64_t timeout_ms;
	uint64_t memory_bytes;  /* of the program; the VM gets more */
	uint64_t input_bytes;   /* files and stdin together */
	uint64_t output_bytes;  /* stdout, stderr and files together */
	uint64_t scratch_bytes; /* /tmp, /dev/shm and everything written elsewhere */
	uint64_t pids;
};

/* 10 s, 1 GiB, 16 MiB in, 16 MiB out, 64 MiB of scratch, 256 tasks. */
extern const struct job_limits job_limits_default;

struct job_file {
	char *name;  /* relative to /input; see bundle_name_check() */
	mode_t mode; /* S_IFREG or S_IFDIR (without data) and permission bits */
	char *data;
	size_t n;
};

struct job {
	struct strv argv, env;
	char *cwd;      /* NULL: the image's, else /input */
	char *user;     /* NULL: the image's, else 1000 */
	char *hostname; /* NULL: "pe" */
	char *input;    /* stdin */
	size_t input_n;
	struct job_file *files;
	size_t n_files;
	struct job_limits limits;
};

struct job *job_new(void); /* with default limits; NULL on -ENOMEM */
void job_free(struct job *j);
void job_freep(struct job **j);

/* Copies @name, takes @data (from malloc, or NULL) on success. -EINVAL names what is wrong with the
 * name. */
int job_add_file(
	struct job *j, const char *name, mode_t mode, char *data, size_t n, struct error *err);

/* 0, or -EINVAL with a message that names the field and its bounds. */
int job_check(const struct job *j, struct error *err);

/* The same; *@ret_field says what is wrong: "limits", "cwd", "user", "hostname", "env", or "files"
 * when the input is too large. */
int job_check_fields(const struct job *j, const char **ret_field, struct error *err);

/* Bytes of stdin and files. */
uint64_t job_input_size(const struct job *j);

/* What init is asked to do beside running the job. */
struct job_notes {
	uint64_t bundle_bytes; /* of the output disk are for the output bundle; 0: all */
	bool live;             /* behind that, show the output as it comes (bundle/live.h) */
	bool record;           /* say what of the image was read (bundle/warm.h) */
};

/* The config of a job that says nothing, of an image that says nothing: what a template expects. */
int job_usual_config(struct buf *ret);

/*
 * The sealed input bundle, a memfd, of job @j on image @img: the image's environment, command, user
 * and directory stand where the job is silent. @notes may be NULL.
 */
int job_pack(const struct job *j, const struct image *img, const struct job_notes *notes,
	int *ret_fd, struct error *err);
