/* SPDX-License-Identifier: MIT */
/* Told to gcc's and clang's analyzers only: what fail() and refuse() return is an error. They
 * cannot look inside. */
#pragma once

#include "base/error.h"

#define returns_error(f, err, r, ...)                                                              \
	({                                                                                         \
		int error_##f = (r);                                                               \
		(f)((err), error_##f, __VA_ARGS__);                                                \
		if (error_##f >= 0)                                                                \
			__builtin_unreachable();                                                   \
		error_##f;                                                                         \
	})
#define fail(err, r, ...)   returns_error(fail, err, r, __VA_ARGS__)
#define refuse(err, r, ...) returns_error(refuse, err, r, __VA_ARGS__)
