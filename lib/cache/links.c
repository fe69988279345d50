/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Two handles of one file, each with a lock: one reads, one writes and commits
 * to the disk itself. Moving the write-ahead log into the file is left to SQLite: links are few.
 */
#include "links.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/cleanup.h"
#include "db.h"

enum {
	VERSION = 1,
	SUM = 32,
	ID_BITS = 6,    /* of each character */
	USE_PARTS = 16, /* a use is noted when 1/USE_PARTS of the time to expire is over */
};

static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS links (id TEXT PRIMARY KEY, sum BLOB NOT NULL UNIQUE,"
	" created INTEGER NOT NULL, used INTEGER NOT NULL, state BLOB NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS links_used ON links (used);"
	"PRAGMA user_version = 1; COMMIT;";

struct links {
	struct links_setup setup;
	pthread_mutex_t read_lock, write_lock;
	struct db reader, writer;
	struct links_stats stats; /* under write_lock */
	int64_t epoch_s;          /* what the clock said when the machine was started */
};

static void unlock(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

static pthread_mutex_t *lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	return m;
}

#define locked(m) cleanup(unlock) pthread_mutex_t *locked_##m __attribute__((unused)) = lock(&l->m)

static int64_t clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec;
}

static int64_t now_of(const struct links *l)
{
	return l->setup.wall_s ? l->setup.wall_s() : l->epoch_s + clock_s(CLOCK_BOOTTIME);
}

static int refuse_damaged(const char *path, const char *what, struct error *err)
{
	return refuse(err, -EUCLEAN,
		"links '%s' are damaged (%s); the file is left as it is: restore a backup, or move "
		"it away "
		"to begin with no links",
		path, what);
}

static int check_whole(struct db *db, struct error *err)
{
	cleanup_stmt sqlite3_stmt *s = NULL;

	int r = db_query(db, &s, "PRAGMA quick_check(1)", NULL, 0);
	if (r == 1 && !span_equal(db_bytes(s, 0), SPAN_LITERAL("ok")))
		return refuse_damaged(db->path, (const char *)sqlite3_column_text(s, 0), err);
	if (r == -EUCLEAN)
		return refuse_damaged(db->path, sqlite3_errmsg(db->handle), err);
	return r < 0 ? db_fail(db, r, "check links", err) : 0;
}

static int check_version(struct db *db, struct error *err)
{
	int64_t version;

	int r = db_number(db, "PRAGMA user_version", &version);
	if (r < 0)
		return db_fail(db, r, "read links", err);
	if (version > VERSION)
		return refuse(err, -ENOTSUP, "links '%s' were made by a newer pe (version %lld)",
			db->path, (long long)version);
	return 0;
}

static int count(struct links *l, struct error *err)
{
	int64_t n = 0, bytes = 0;

	int r = db_number(&l->writer, "SELECT count(*) FROM links", &n);
	if (r == 0)
		r = db_number(
			&l->writer, "SELECT coalesce(sum(length(state)), 0) FROM links", &bytes);
	if (r < 0)
		return db_fail(&l->writer, r, "count links in", err);
	l->stats.entries = (uint64_t)n;
	l->stats.bytes = (uint64_t)bytes;
	return 0;
}

static int open_handles(struct links *l, struct error *err)
{
	const char *path = l->setup.path;

	int r = db_open(&l->writer, "links", path, DB_SYNC_ALWAYS, err);
	if (r == -EUCLEAN)
		return refuse_damaged(path, "not a database", err);
	if (r == 0)
		r = check_whole(&l->writer, err);
	if (r == 0)
		r = check_version(&l->writer, err);
	if (r == 0)
		r = db_exec(&l->writer, schema, err);
	if (r == 0)
		r = count(l, err);
	if (r == 0)
		r = db_open(&l->reader, "links", path, DB_SYNC_ALWAYS, err);
	return r;
}

static void links_closep(struct links **l)
{
	links_close(*l);
}

int links_open(const struct links_setup *setup, struct links **ret, struct error *err)
{
	cleanup(links_closep) struct links *l = calloc(1, sizeof *l);

	if (!l)
		return fail(err, -ENOMEM, "open links '%s'", setup->path);
	l->setup = *setup;
	l->epoch_s = clock_s(CLOCK_REALTIME) - clock_s(CLOCK_BOOTTIME);
	pthread_mutex_init(&l->read_lock, NULL);
	pthread_mutex_init(&l->write_lock, NULL);
	int r = open_handles(l, err);
	if (r < 0)
		return r;
	l->setup.path = NULL; /* was borrowed */
	*ret = take_ptr(l);
	return 0;
}

void links_close(struct links *l)
{
	if (!l)
		return;
	db_close(&l->reader);
	db_close(&l->writer);
	pthread_mutex_destroy(&l->read_lock);
	pthread_mutex_destroy(&l->write_lock);
	free(l);
}

/* An id's characters are those of base64 for URLs. */
static int make_id(char id[LINK_ID_SIZE])
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	unsigned char random[LINK_ID_SIZE - 1];

	if (getrandom(random, sizeof random, 0) != sizeof random)
		return -EIO;
	for (size_t i = 0; i < sizeof random; i++)
		id[i] = alphabet[random[i] & ((1 << ID_BITS) - 1)];
	id[LINK_ID_SIZE - 1] = '\0';
	return 0;
}

/* Below the write lock, as all down to links_put(). */
static int expire(struct links *l)
{
	cleanup_stmt sqlite3_stmt *s = NULL;
	int r;

	if (l->setup.expire_s == 0)
		return 0;
	r = DB_QUERY(&l->writer, &s, "DELETE FROM links WHERE used < ? RETURNING length(state)",
		DB_I(now_of(l) - (int64_t)l->setup.expire_s));
	for (; r == 1; r = db_next(&l->writer, s)) {
		l->stats.bytes -= (uint64_t)sqlite3_column_int64(s, 0);
		l->stats.entries--;
		l->stats.expired++;
	}
	return r;
}

/* The id that this content has already. 1, 0, -errno. */
static int find_same(struct links *l, struct span sum, char id[LINK_ID_SIZE])
{
	cleanup_stmt sqlite3_stmt *s = NULL;

	int r = DB_QUERY(&l->writer, &s,
		"UPDATE links SET used = max(used, ?) WHERE sum = ? RETURNING id", DB_I(now_of(l)),
		DB_B(sum));
	if (r != 1)
		return r;
	struct span its = db_bytes(s, 0);
	if (its.n != LINK_ID_SIZE - 1)
		return -EUCLEAN;
	memcpy(id, its.p, its.n);
	id[its.n] = '\0';
	r = db_next(&l->writer, s);
	return r < 0 ? r : 1;
}

static int insert(struct links *l, struct span state, struct span sum, char id[LINK_ID_SIZE])
{
	cleanup_stmt sqlite3_stmt *s = NULL;
	int64_t now = now_of(l);

	if (l->stats.bytes + state.n > l->setup.max_bytes)
		return -EDQUOT;
	int r = make_id(id);
	if (r < 0)
		return r;
	return DB_QUERY(&l->writer, &s,
		"INSERT INTO links (id, sum, created, used, state) VALUES (?, ?, ?, ?, ?)",
		DB_T(id), DB_B(sum), DB_I(now), DB_I(now), DB_B(state));
}

static int put(struct links *l, struct span state, struct span sum, char id[LINK_ID_SIZE])
{
	int r = expire(l);
	if (r == 0)
		r = find_same(l, sum, id);
	if (r != 0)
		return r < 0 ? r : 0;
	r = insert(l, state, sum, id);
	if (r < 0)
		return r;
	l->stats.entries++;
	l->stats.bytes += state.n;
	return 0;
}

static int transact_put(struct links *l, struct span state, struct span sum, char id[LINK_ID_SIZE],
	struct error *err)
{
	locked(write_lock);
	struct links_stats before = l->stats;
	int r = db_exec(&l->writer, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	r = put(l, state, sum, id);
	if (r == -EDQUOT)
		r = refuse(err, -ENOSPC, "the store of links is full (%llu bytes)",
			(unsigned long long)l->setup.max_bytes);
	else if (r < 0)
		db_fail(&l->writer, r, "keep a link in", err);
	if (r == 0)
		r = db_exec(&l->writer, "COMMIT", err);
	if (r < 0) {
		if (!sqlite3_get_autocommit(l->writer.handle))
			db_exec(&l->writer, "ROLLBACK", NULL);
		l->stats = before;
	}
	return r;
}

int links_put(struct links *l, struct span state, char ret_id[LINK_ID_SIZE], struct error *err)
{
	unsigned char sum[SUM];
	char id[LINK_ID_SIZE];

	if (state.n > LINK_STATE_MAX)
		return refuse(err, -EFBIG, "the state of a link is %zu bytes, at most %d", state.n,
			LINK_STATE_MAX);
	if (EVP_Digest(state.n ? state.p : "", state.n, sum, NULL, EVP_sha256(), NULL) != 1)
		return fail(err, -ENOMEM, "keep a link");
	int r = transact_put(l, state, (struct span){ (const char *)sum, sizeof sum }, id, err);
	if (r == 0)
		memcpy(ret_id, id, sizeof id);
	return r;
}

/* @used: when it was used last, as noted. */
static int get(struct links *l, const char *id, struct buf *to, int64_t *used, struct error *err)
{
	locked(read_lock); /* first: the statement goes before the lock does */
	cleanup_stmt sqlite3_stmt *s = NULL;
	int r = DB_QUERY(&l->reader, &s, "SELECT used, state FROM links WHERE id = ?", DB_T(id));
	if (r < 0)
		return db_fail(&l->reader, r, "read a link in", err);
	if (r == 0)
		return refuse(err, -ENOENT, "no link '%.40s'", id);
	*used = sqlite3_column_int64(s, 0);
	if (l->setup.expire_s && *used < now_of(l) - (int64_t)l->setup.expire_s)
		return refuse(err, -ENOENT, "link '%.40s' has expired", id);
	struct span state = db_bytes(s, 1);
	r = buf_add(to, state.p, state.n);
	return r < 0 ? fail(err, r, "read a link") : 0;
}

/* A use that cannot be noted is no reason to refuse it. */
static void note_use(struct links *l, const char *id, int64_t used)
{
	int64_t now = now_of(l);

	if (l->setup.expire_s == 0 || now - used < (int64_t)(l->setup.expire_s / USE_PARTS))
		return;
	locked(write_lock);
	cleanup_stmt sqlite3_stmt *s = NULL;
	DB_QUERY(&l->writer, &s, "UPDATE links SET used = ? WHERE id = ?", DB_I(now), DB_T(id));
}

int links_get(struct links *l, const char *id, struct buf *to, struct error *err)
{
	int64_t used = 0;

	int r = get(l, id, to, &used, err);
	if (r == 0)
		note_use(l, id, used);
	return r;
}

void links_stats(struct links *l, struct links_stats *ret)
{
	locked(write_lock);
	*ret = l->stats;
}
