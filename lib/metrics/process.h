/* SPDX-License-Identifier: MIT */
/* The process's own numbers, under the names that every Prometheus client library gives them. */
#pragma once

#include "base/buf.h"

/* Appends them; what /proc does not tell is left out. -ENOMEM. */
int process_metrics_format(struct buf *to);
