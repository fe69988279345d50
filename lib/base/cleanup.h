/* SPDX-License-Identifier: MIT */
/* Cleanup variables: what a scope owns goes away with the scope, unless it was taken. */
#pragma once

#include <stdlib.h>
#include <unistd.h>

#define cleanup(f) __attribute__((cleanup(f)))

static inline void cleanup_freep(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_closep(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Both need an initialiser: no compiler warns of a missing one (make lint does). */
#define cleanup_free cleanup(cleanup_freep)
#define cleanup_fd   cleanup(cleanup_closep)

/* Hands over what a cleanup variable owns; leaves nothing to clean. */
#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define take_fd(fd)                                                                                \
	({                                                                                         \
		int taken_ = (fd);                                                                 \
		(fd) = -1;                                                                         \
		taken_;                                                                            \
	})
