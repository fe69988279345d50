/* SPDX-License-Identifier: MIT */
/*
 * Theory of operation. Three handles of one file, each with a lock: one reads, one writes, one
 * moves the write-ahead log into the file (which waits for the disk, so that puts need not). Bytes
 * are counted here and never looked up, but once at the start. The order of locks is write before
 * read.
 */
#include "results.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "db.h"

enum {
	VERSION = 1,
	ROW_BYTES = 256, /* what a row costs beside its record */
	SHARE = 8,       /* the largest record is 1/SHARE of all */
	EVICT_ROWS = 16, /* at a time */
	PAGE_BYTES = 4096,
	SPARE_PAGES = 64,  /* of the file, for what is not rows */
	PAGES_OF_ROW = 16, /* that a row may want beside its record's: trees that split */
};

/* The index has what eviction and counting need. */
static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, used INTEGER NOT NULL,"
	" size INTEGER NOT NULL, record BLOB NOT NULL);"
	"CREATE INDEX IF NOT EXISTS results_used ON results (used, size);"
	"PRAGMA user_version = 1; COMMIT;";

struct results {
	struct results_setup setup;
	char *path;
	pthread_mutex_t read_lock, write_lock, tend_lock;
	struct db reader, writer, tender;
	struct results_stats stats; /* under write_lock */
	atomic_uint generation;     /* of the file */
};

static void results_closep(struct results **r)
{
	results_close(*r);
}

static void unlock(pthread_mutex_t **m)
{
	pthread_mutex_unlock(*m);
}

static pthread_mutex_t *lock(pthread_mutex_t *m)
{
	pthread_mutex_lock(m);
	return m;
}

#define locked(m) cleanup(unlock) pthread_mutex_t *locked_##m __attribute__((unused)) = lock(&r->m)

static int check_version(struct db *db, struct error *err)
{
	int64_t version;

	int e = db_number(db, "PRAGMA user_version", &version);
	if (e < 0)
		return db_fail(db, e, "read results", err);
	if (version > VERSION)
		return refuse(err, -ENOTSUP, "results '%s' were made by a newer pe (version %lld)",
			db->path, (long long)version);
	return 0;
}

static int count(struct results *r, struct error *err)
{
	int64_t n = 0, bytes = 0;

	int e = db_number(&r->writer, "SELECT count(*) FROM results", &n);
	if (e == 0)
		e = db_number(&r->writer, "SELECT coalesce(sum(size), 0) FROM results", &bytes);
	if (e < 0)
		return db_fail(&r->writer, e, "count results in", err);
	r->stats.entries = (uint64_t)n;
	r->stats.bytes = (uint64_t)bytes;
	return 0;
}

static uint64_t max_pages(const struct results *r)
{
	return r->setup.max_bytes / PAGE_BYTES + SPARE_PAGES;
}

static int bound_file(struct results *r, struct error *err)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA max_page_count = %llu", (unsigned long long)max_pages(r));
	return db_exec(&r->writer, sql, err);
}

static void close_handles(struct results *r)
{
	db_close(&r->reader);
	db_close(&r->tender);
	db_close(&r->writer);
}

/* All locks are held, or nobody else knows of @r. */
static int open_handles(struct results *r, struct error *err)
{
	int e = db_open(&r->writer, "results", r->path, DB_SYNC_SELDOM, err);
	if (e == 0)
		e = check_version(&r->writer, err);
	if (e == 0)
		e = db_exec(&r->writer, schema, err);
	if (e == 0)
		e = bound_file(r, err);
	if (e == 0)
		e = count(r, err);
	if (e == 0)
		e = db_open(&r->reader, "results", r->path, DB_SYNC_SELDOM, err);
	if (e == 0)
		e = db_open(&r->tender, "results", r->path, DB_SYNC_SELDOM, err);
	if (e < 0)
		close_handles(r);
	return e;
}

static void tell(struct results *r, const char *text)
{
	if (r->setup.notice)
		r->setup.notice(r->setup.ctx, text);
}

/* Sets the damaged file aside and begins a new one. */
static int begin_anew(struct results *r, struct error *err)
{
	int64_t now = r->setup.now_s();
	char text[sizeof err->text + 128];

	close_handles(r);
	atomic_fetch_add(&r->generation, 1);
	int e = db_set_aside(r->path, now, err);
	if (e == 0)
		e = open_handles(r, err);
	if (e == 0)
		snprintf(text, sizeof text,
			"results '%s' were damaged: set aside as '%s.damaged-%lld', begun anew",
			r->path, r->path, (long long)now);
	else
		snprintf(text, sizeof text, "results '%s' are damaged: %s", r->path, err->text);
	r->stats.damaged++;
	tell(r, text);
	return e;
}

int results_open(const struct results_setup *setup, struct results **ret, struct error *err)
{
	cleanup(results_closep) struct results *r = calloc(1, sizeof *r);
	struct error own;

	if (!r)
		return fail(err, -ENOMEM, "open results '%s'", setup->path);
	r->setup = *setup;
	pthread_mutex_init(&r->read_lock, NULL);
	pthread_mutex_init(&r->write_lock, NULL);
	pthread_mutex_init(&r->tend_lock, NULL);
	r->path = strdup(setup->path);
	if (!r->path)
		return fail(err, -ENOMEM, "open results '%s'", setup->path);

	int e = open_handles(r, &own);
	if (e == -EUCLEAN)
		e = begin_anew(r, &own);
	if (e < 0) {
		if (err)
			*err = own;
		return e;
	}
	*ret = take_ptr(r);
	return 0;
}

void results_close(struct results *r)
{
	if (!r)
		return;
	close_handles(r);
	pthread_mutex_destroy(&r->read_lock);
	pthread_mutex_destroy(&r->write_lock);
	pthread_mutex_destroy(&r->tend_lock);
	free(r->path);
	free(r);
}

/* After a call that said -EUCLEAN of the file with number @generation; no lock is held. Whoever
 * comes second finds the next file. */
static void recover(struct results *r, unsigned generation)
{
	struct error err;

	locked(tend_lock);
	locked(write_lock);
	locked(read_lock);
	if (atomic_load(&r->generation) == generation)
		begin_anew(r, &err);
}

static int get(struct results *r, const char *key, struct buf *to)
{
	locked(read_lock); /* first: the statement goes before the lock does */
	cleanup_stmt sqlite3_stmt *s = NULL;

	if (!r->reader.handle)
		return -EIO;
	int e = DB_QUERY(&r->reader, &s, "SELECT record FROM results WHERE key = ?", DB_T(key));
	if (e <= 0)
		return e < 0 ? e : -ENOENT;
	struct span record = db_bytes(s, 0);
	return buf_add(to, record.p, record.n);
}

int results_get(struct results *r, const char *key, struct buf *to)
{
	unsigned generation = atomic_load(&r->generation);
	int e = get(r, key, to);

	if (e == -EUCLEAN)
		recover(r, generation);
	return e;
}

/* Below the write lock, as all that follow. */
static int evict_some(struct results *r)
{
	cleanup_stmt sqlite3_stmt *s = NULL;
	uint64_t n = 0, bytes = 0;

	int e = DB_QUERY(&r->writer, &s,
		"DELETE FROM results WHERE key IN (SELECT key FROM results ORDER BY used, key "
		"LIMIT ?)"
		" RETURNING size",
		DB_I(EVICT_ROWS));
	for (; e == 1; e = db_next(&r->writer, s)) {
		bytes += (uint64_t)sqlite3_column_int64(s, 0);
		n++;
	}
	if (e < 0)
		return e;
	r->stats.entries -= n;
	r->stats.bytes -= bytes < r->stats.bytes ? bytes : r->stats.bytes;
	r->stats.evicted += n;
	return n > 0 ? 0 : -ENOSPC;
}

/* The file has its own bound, which rows reach first that do not fill their pages. An insertion
 * that meets it would take the whole transaction with it, so it must not. */
static int lacks_pages(struct results *r, uint64_t size)
{
	int64_t used = 0, free_ones = 0;

	int e = db_number(&r->writer, "PRAGMA page_count", &used);
	if (e == 0)
		e = db_number(&r->writer, "PRAGMA freelist_count", &free_ones);
	if (e < 0)
		return e;
	return (uint64_t)(used - free_ones) + size / PAGE_BYTES + PAGES_OF_ROW > max_pages(r);
}

static int make_room(struct results *r, uint64_t size)
{
	int e = 0;

	while (e == 0 && r->stats.entries > 0) {
		e = r->stats.bytes + size > r->setup.max_bytes ? 1 : lacks_pages(r, size);
		if (e <= 0)
			break;
		e = evict_some(r);
	}
	return e;
}

static int forget(struct results *r, const char *key)
{
	cleanup_stmt sqlite3_stmt *s = NULL;

	int e = DB_QUERY(
		&r->writer, &s, "DELETE FROM results WHERE key = ? RETURNING size", DB_T(key));
	if (e <= 0)
		return e;
	r->stats.bytes -= (uint64_t)sqlite3_column_int64(s, 0);
	r->stats.entries--;
	return db_next(&r->writer, s);
}

static int insert(struct results *r, const char *key, struct span record)
{
	cleanup_stmt sqlite3_stmt *s = NULL;

	return DB_QUERY(&r->writer, &s,
		"INSERT INTO results (key, used, size, record) VALUES (?, ?, ?, ?)", DB_T(key),
		DB_I(r->setup.now_s()), DB_I(record.n + ROW_BYTES), DB_B(record));
}

static int replace(struct results *r, const char *key, struct span record)
{
	int e = forget(r, key);
	if (e == 0)
		e = make_room(r, record.n + ROW_BYTES);
	if (e == 0)
		e = insert(r, key, record);
	if (e < 0)
		return e;
	r->stats.entries++;
	r->stats.bytes += record.n + ROW_BYTES;
	return 0;
}

/* All or nothing; the counters follow. */
static int transact_put(struct results *r, const char *key, struct span record)
{
	locked(write_lock);
	if (!r->writer.handle)
		return -EIO;
	struct results_stats before = r->stats;
	int e = db_exec(&r->writer, "BEGIN IMMEDIATE", NULL);
	if (e < 0)
		return e;
	e = replace(r, key, record);
	if (e == 0)
		e = db_exec(&r->writer, "COMMIT", NULL);
	if (e < 0) {
		if (!sqlite3_get_autocommit(r->writer.handle))
			db_exec(&r->writer, "ROLLBACK", NULL);
		r->stats = before;
	}
	return e;
}

int results_put(struct results *r, const char *key, struct span record)
{
	if (record.n > r->setup.max_bytes / SHARE)
		return -EFBIG;
	unsigned generation = atomic_load(&r->generation);
	int e = transact_put(r, key, record);
	if (e == -EUCLEAN)
		recover(r, generation);
	return e;
}

int results_remove(struct results *r, const char *key)
{
	locked(write_lock);
	return r->writer.handle ? forget(r, key) : -EIO;
}

int results_touch(struct results *r, const char *const *keys, size_t n)
{
	locked(write_lock);
	if (!r->writer.handle)
		return -EIO;
	int e = db_exec(&r->writer, "BEGIN IMMEDIATE", NULL);
	if (e < 0)
		return e;
	for (size_t i = 0; e == 0 && i < n; i++) {
		cleanup_stmt sqlite3_stmt *s = NULL;
		e = DB_QUERY(&r->writer, &s, "UPDATE results SET used = ? WHERE key = ?",
			DB_I(r->setup.now_s()), DB_T(keys[i]));
	}
	if (db_exec(&r->writer, "COMMIT", NULL) < 0)
		db_exec(&r->writer, "ROLLBACK", NULL);
	return e;
}

int results_tend(struct results *r)
{
	locked(tend_lock);
	if (!r->tender.handle)
		return -EIO;
	int code = sqlite3_wal_checkpoint_v2(
		r->tender.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return code == SQLITE_OK || code == SQLITE_BUSY ? 0 : -EIO;
}

void results_stats(struct results *r, struct results_stats *ret)
{
	locked(write_lock);
	*ret = r->stats;
}
