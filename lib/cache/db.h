/* SPDX-License-Identifier: MIT */
/*
 * A SQLite file, opened as everything here wants it: write-ahead log, a time-out instead of "busy",
 * errors as negative errno. A handle is used by one thread at a time.
 *
 * -ENOSPC: no room (disk, quota, file size limit); -EUCLEAN: the file is damaged or no database;
 * -EROFS, -EACCES, -ENOMEM, -EBUSY as they say; -EIO: the rest.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/span.h"

struct db {
	sqlite3 *handle; /* NULL: not open */
	char *path;
};

enum db_sync {
	DB_SYNC_SELDOM, /* a commit survives the death of the process */
	DB_SYNC_ALWAYS, /* and that of the machine */
};

/* Opens or makes the file at @path. @what names it in messages ("results"). */
int db_open(
	struct db *db, const char *what, const char *path, enum db_sync sync, struct error *err);
void db_close(struct db *db);

/* Statements without parameters or answers. */
int db_exec(struct db *db, const char *sql, struct error *err);

struct db_value {
	enum { DB_INTEGER, DB_TEXT, DB_BLOB } type;
	int64_t integer;
	struct span bytes; /* borrowed until the statement is finalized */
};

#define DB_I(v) ((struct db_value){ .type = DB_INTEGER, .integer = (int64_t)(v) })
#define DB_T(s) ((struct db_value){ .type = DB_TEXT, .bytes = span_of(s) })
#define DB_B(s) ((struct db_value){ .type = DB_BLOB, .bytes = (s) })

/* A cleanup variable for a statement; its columns live as long. */
void db_finalize(sqlite3_stmt **s);
#define cleanup_stmt cleanup(db_finalize)

/* Prepares @sql, binds @values to its ?, and takes the first step. 1: there is a row; 0: done;
 * -errno. */
int db_query(struct db *db, sqlite3_stmt **ret, const char *sql, const struct db_value *values,
	size_t n);
#define DB_QUERY(db, ret, sql, ...)                                                                \
	db_query(db, ret, sql, (const struct db_value[]){ __VA_ARGS__ },                           \
		sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value))

/* The next row of it: as above. */
int db_next(struct db *db, sqlite3_stmt *s);

/* The bytes of a column, borrowed until the next step. */
struct span db_bytes(sqlite3_stmt *s, int column);

/* One number, such as a PRAGMA gives. */
int db_number(struct db *db, const char *sql, int64_t *ret);

/* Fills @err with "@doing: the database's words" and returns @r. */
int db_fail(struct db *db, int r, const char *doing, struct error *err);

/* Moves the files of a damaged database (closed) to PATH.damaged-@when and further; -errno. */
int db_set_aside(const char *path, int64_t when, struct error *err);
