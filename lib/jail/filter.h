/* SPDX-License-Identifier: MIT */
/* The jail's seccomp filters, made from the tables in bin/mkfilter when the project is built. */
#pragma once

#include <stddef.h>

struct sock_filter;

struct filter {
	const struct sock_filter *code;
	size_t n; /* instructions */
};

extern const struct filter filter_startup;  /* from the kernel's exec until it is up */
extern const struct filter filter_running;  /* from then on; the kernel loads it itself */
extern const struct filter filter_template; /* in its place for a template and its clones */
extern const struct filter filter_keeper;   /* the process that waits for the kernel */
