/* SPDX-License-Identifier: MIT */
#include "near.h"

#include <stdio.h>
#include <string.h>

enum {
	RANK_MAX = 4,
};

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Of longer strings only the first characters count. */
size_t near_distance(const char *a, const char *b)
{
	enum {
		SIDE = NEAR_NAME_MAX + 1,
	};
	size_t d[SIDE][SIDE];
	size_t an = strnlen(a, SIDE - 1), bn = strnlen(b, SIDE - 1);

	for (size_t i = 0; i <= an; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= bn; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= an; i++) {
		for (size_t j = 1; j <= bn; j++) {
			size_t change = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = least(change, least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[an][bn];
}

/*
 * "python" means python3, and "gc" or "gxc" may mean gcc: a beginning, or few changes for the
 * length. 1 is nearest, 0 is not near.
 */
static size_t rank(const char *name, const char *candidate)
{
	size_t n = strlen(name), d = near_distance(name, candidate);

	if (n > 0 && strncmp(name, candidate, n) == 0)
		return 1;
	return d <= 1 + n / 4 && d < n && d <= RANK_MAX ? d : 0;
}

size_t near_text(const char *name, const struct strv *names, char *text, size_t n)
{
	size_t found = 0, at = 0;

	text[0] = '\0';
	for (size_t want = 1; want <= RANK_MAX; want++) {
		for (size_t i = 0; i < names->n && found < 3 && at < n; i++) {
			if (rank(name, names->v[i]) != want)
				continue;
			at += (size_t)snprintf(
				text + at, n - at, "%s%s", found ? ", " : "", names->v[i]);
			found++;
		}
	}
	return found;
}
