/* SPDX-License-Identifier: MIT */
/* The manual page, printed from the rows of all commands. */
#pragma once

void manual_print(void); /* in man(7), to stdout */
