/* SPDX-License-Identifier: MIT */
#include "db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { BUSY_MS = 10000 };

/* SQLite keeps the system's errno of some calls only; of the others it is still where the system
 * put it. */
static bool is_full(int system)
{
	return system == ENOSPC || system == EDQUOT || system == EFBIG;
}

static int errno_of(sqlite3 *h, int code)
{
	int last = errno, system = h ? sqlite3_system_errno(h) : 0;

	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_ROW:
		return 1;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_IOERR:
		return is_full(system) || is_full(last) ? -ENOSPC : -EIO;
	case SQLITE_CANTOPEN:
		return system ? -system : -EACCES;
	default:
		return -EIO;
	}
}

int db_fail(struct db *db, int r, const char *doing, struct error *err)
{
	const char *said = db->handle ? sqlite3_errmsg(db->handle) : "not open";

	return fail(err, r, "%s '%s': %s", doing, db->path, said);
}

void db_close(struct db *db)
{
	/* Statements are cleanup variables: none is left. */
	sqlite3_close_v2(db->handle);
	free(db->path);
	*db = (struct db){ 0 };
}

int db_exec(struct db *db, const char *sql, struct error *err)
{
	int r = errno_of(db->handle, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));

	return r < 0 ? db_fail(db, r, "use database", err) : 0;
}

/* auto_vacuum counts only before there is anything in the file. */
static int set_up(struct db *db, enum db_sync sync, struct error *err)
{
	sqlite3_busy_timeout(db->handle, BUSY_MS);
	sqlite3_extended_result_codes(db->handle, 1);
	int r = db_exec(db,
		"PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
		"PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 16384;"
		"PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;",
		err);
	if (r == 0)
		r = db_exec(db,
			sync == DB_SYNC_ALWAYS ? "PRAGMA synchronous = FULL"
					       : "PRAGMA synchronous = NORMAL",
			err);
	return r;
}

int db_open(struct db *db, const char *what, const char *path, enum db_sync sync, struct error *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_PRIVATECACHE;

	*db = (struct db){ .path = strdup(path) };
	if (!db->path)
		return fail(err, -ENOMEM, "open %s '%s'", what, path);
	int r = errno_of(NULL, sqlite3_open_v2(path, &db->handle, flags, NULL));
	if (r < 0 && db->handle)
		r = errno_of(db->handle, sqlite3_errcode(db->handle));
	if (r < 0)
		db_fail(db, r, "open database", err);
	else
		r = set_up(db, sync, err);
	if (r < 0)
		db_close(db);
	return r;
}

void db_finalize(sqlite3_stmt **s)
{
	sqlite3_finalize(*s);
	*s = NULL;
}

static int bind(sqlite3_stmt *s, int at, const struct db_value *v)
{
	const char *p = v->bytes.p ? v->bytes.p : "";

	switch (v->type) {
	case DB_INTEGER:
		return sqlite3_bind_int64(s, at, v->integer);
	case DB_TEXT:
		return sqlite3_bind_text64(s, at, p, v->bytes.n, SQLITE_STATIC, SQLITE_UTF8);
	case DB_BLOB:
		break;
	}
	return sqlite3_bind_blob64(s, at, p, v->bytes.n, SQLITE_STATIC);
}

int db_query(
	struct db *db, sqlite3_stmt **ret, const char *sql, const struct db_value *values, size_t n)
{
	int code = sqlite3_prepare_v2(db->handle, sql, -1, ret, NULL);

	for (size_t i = 0; code == SQLITE_OK && i < n; i++)
		code = bind(*ret, (int)i + 1, &values[i]);
	if (code != SQLITE_OK)
		return errno_of(db->handle, code);
	return db_next(db, *ret);
}

int db_next(struct db *db, sqlite3_stmt *s)
{
	return errno_of(db->handle, sqlite3_step(s));
}

struct span db_bytes(sqlite3_stmt *s, int column)
{
	const void *p = sqlite3_column_blob(s, column);

	return (struct span){ p, p ? (size_t)sqlite3_column_bytes(s, column) : 0 };
}

int db_number(struct db *db, const char *sql, int64_t *ret)
{
	cleanup_stmt sqlite3_stmt *s = NULL;

	int r = db_query(db, &s, sql, NULL, 0);
	if (r <= 0)
		return r < 0 ? r : -EIO;
	*ret = sqlite3_column_int64(s, 0);
	return 0;
}

int db_set_aside(const char *path, int64_t when, struct error *err)
{
	static const char *const tails[] = { "", "-wal", "-shm" };

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		cleanup_free char *from = NULL;
		cleanup_free char *to = NULL;

		if (asprintf(&from, "%s%s", path, tails[i]) < 0)
			from = NULL;
		if (asprintf(&to, "%s.damaged-%lld%s", path, (long long)when, tails[i]) < 0)
			to = NULL;
		if (!from || !to)
			return fail(err, -ENOMEM, "set damaged '%s' aside", path);
		if (rename(from, to) < 0 && errno != ENOENT)
			return fail(err, -errno, "set damaged '%s' aside as '%s'", from, to);
	}
	return 0;
}
