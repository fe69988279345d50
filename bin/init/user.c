/* SPDX-License-Identifier: MIT */
/* Who the program runs as: "", "NAME", "UID", each optionally with ":GROUP", looked up in the
 * image's own files. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "sys/io.h"

enum { DEFAULT_ID = 1000, FIELDS = 7, FILE_LIMIT = 1 << 20 };

enum table { TABLE_PASSWD, TABLE_GROUP, TABLES };
enum passwd { NAME, PASSWORD, UID, GID, GECOS, HOME, SHELL };
enum group { MEMBERS = 3 };

/* A table of the image; empty when it is not there, not a plain file or absurdly large. Read once.
 */
static struct span table_of(enum table t)
{
	static const char *const paths[TABLES] = { "/etc/passwd", "/etc/group" };
	static struct span tables[TABLES];

	if (tables[t].p)
		return tables[t];
	tables[t] = (struct span){ "", 0 };
	cleanup_fd int fd = open(paths[t], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
		st.st_size > FILE_LIMIT)
		return tables[t];
	char *p = memory_get((size_t)st.st_size);
	ssize_t n = io_read(fd, p, (size_t)st.st_size);
	tables[t] = (struct span){ p, n < 0 ? 0 : (size_t)n };
	return tables[t];
}

static bool next_row(struct span *rest, struct span fields[FIELDS])
{
	struct span line;

	if (!span_cut(rest, '\n', &line))
		return false;
	for (size_t i = 0; i < FIELDS; i++) {
		fields[i] = (struct span){ line.p, 0 };
		span_cut(&line, ':', &fields[i]);
	}
	return true;
}

static bool read_id(struct span s, uint32_t *ret)
{
	uint64_t id;

	if (parse_u64(s, ID_MAX, &id) < 0)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* The row of @table whose name, or else whose number in field @number, is @who. */
static bool find_row(struct span table, struct span who, size_t number, struct span fields[FIELDS])
{
	uint32_t id = 0, row_id;
	bool numeric = read_id(who, &id);

	while (next_row(&table, fields))
		if (span_equal(fields[NAME], who) ||
			(numeric && read_id(fields[number], &row_id) && row_id == id))
			return true;
	return false;
}

/* True when "a,b,c" names @who. */
static bool is_member(struct span members, struct span who)
{
	struct span m;

	while (span_cut(&members, ',', &m))
		if (span_equal(m, who))
			return true;
	return false;
}

static void add_groups(struct user *u, struct span name)
{
	struct span table = table_of(TABLE_GROUP), f[FIELDS];
	uint32_t gid;

	while (u->n_groups < GROUPS_MAX && next_row(&table, f))
		if (is_member(f[MEMBERS], name) && read_id(f[UID], &gid) && gid != u->gid)
			u->groups[u->n_groups++] = gid;
}

static void resolve_user(struct user *u, struct span who)
{
	struct span f[FIELDS];

	u->uid = u->gid = DEFAULT_ID;
	bool known = find_row(table_of(TABLE_PASSWD), who.n ? who : SPAN_LITERAL("1000"), UID, f);
	if (known && read_id(f[UID], &u->uid) && read_id(f[GID], &u->gid)) {
		add_groups(u, f[NAME]);
		if (f[HOME].n < sizeof u->home)
			memcpy(u->home, f[HOME].p, f[HOME].n);
		return;
	}
	if (who.n == 0)
		return;
	if (!read_id(who, &u->uid))
		reject("user '%.*s' is not in the image's /etc/passwd", (int)who.n, who.p);
	u->gid = u->uid == 0 ? 0 : u->uid;
}

static void resolve_group(struct user *u, struct span group)
{
	struct span f[FIELDS];

	u->n_groups = 0;
	if (read_id(group, &u->gid))
		return;
	if (!find_row(table_of(TABLE_GROUP), group, UID, f) || !read_id(f[UID], &u->gid))
		reject("group '%.*s' is not in the image's /etc/group", (int)group.n, group.p);
}

bool user_is_usual(void)
{
	const struct user *u = &guest.user, *usual = &guest.usual_user;

	return u->uid == usual->uid && u->gid == usual->gid && u->n_groups == usual->n_groups &&
	       memcmp(u->groups, usual->groups, sizeof *u->groups * u->n_groups) == 0;
}

/* Programs that cache things need a home they can write to; "/" is none. A template has looked
 * whether the one of its user is there. */
static void set_home(void)
{
	static char line[sizeof "HOME=" + sizeof guest.user.home];
	static char found[sizeof guest.user.home];
	char **env = guest.config.env, *home = guest.user.home;

	for (; env && *env; env++)
		if (strncmp(*env, "HOME=", 5) == 0)
			return;
	if (*home && strcmp(home, found) != 0) {
		if (access(home, F_OK) == 0)
			memcpy(found, home, sizeof found);
		else
			*home = '\0';
	}
	if (!env)
		return; /* no job yet */
	snprintf(line, sizeof line, "HOME=%s", *home ? home : "/tmp");
	*env = line;
}

void user_resolve(void)
{
	struct span rest = guest.config.user, who = { "", 0 }, group = { "", 0 };

	span_cut(&rest, ':', &who);
	resolve_user(&guest.user, who);
	if (rest.n > 0) {
		group = rest;
		resolve_group(&guest.user, group);
	}
	set_home();
}

/* Files that are the program's belong to the user of most jobs before it is known who that is. */
static struct user owner;

static void give_files(void)
{
	const int fds[] = { guest.output_fd, guest.input_fd, guest.out_pipe[0][0],
		guest.out_pipe[1][0] };

	if (guest.late_stdin[1] > 0)
		fchown(guest.late_stdin[1], guest.user.uid, guest.user.gid);
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fchown(fds[i], guest.user.uid, guest.user.gid) < 0)
			die("chown what is the program's: %s", strerror(errno));
	owner = guest.user;
}

void user_own_files(void)
{
	if (guest.user.uid != owner.uid || guest.user.gid != owner.gid)
		give_files();
}
