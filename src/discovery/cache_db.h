/* SPDX-License-Identifier: MIT */
/* The connection of a cache to its database: what cache_db.c opens and cache.c works with. */
#ifndef WSD_DISCOVERY_CACHE_DB_H
#define WSD_DISCOVERY_CACHE_DB_H

#include <sqlite3.h>

#include "discovery/cache.h"

/* What is used of SQLite, without the prefix. */
/* clang-format off */
#define WSD__SQLITE(X) \
    X(bind_int64) X(bind_text) X(close) X(column_bytes) X(column_int64) \
    X(column_text) X(db_config) X(db_filename) X(db_readonly) X(errcode) X(errmsg) \
    X(extended_result_codes) X(file_control) X(finalize) X(get_autocommit) X(libversion_number) \
    X(limit) X(open_v2) X(prepare_v3) X(reset) X(sleep) X(step) X(system_errno)
/* clang-format on */

struct wsd__sqlite {
#define WSD__SQLITE_MEMBER(name) __typeof__(sqlite3_##name) *name;
    WSD__SQLITE(WSD__SQLITE_MEMBER)
#undef WSD__SQLITE_MEMBER
};

enum wsd__statement {
    WSD__SQL_BEGIN_READ,
    WSD__SQL_BEGIN_WRITE,
    WSD__SQL_COMMIT,
    WSD__SQL_ROLLBACK,
    WSD__SQL_READ,    /* most */
    WSD__SQL_FIND,    /* key */
    WSD__SQL_SERVICE, /* key */
    WSD__SQL_STORE,   /* texts, numbers, and the two below */
    WSD__SQL_DROP,    /* key, last_seen */
    WSD__SQL_DROP_ALL,
    WSD__SQL_EVICT,      /* most */
    WSD__SQL_PIN_FIND,   /* device */
    WSD__SQL_PIN_LIST,   /* most */
    WSD__SQL_PIN_ADD,    /* device, pem, subject, expires, since, most */
    WSD__SQL_PIN_FORGET, /* device */
    WSD__SQL_PIN_FORGET_ALL,
    WSD__SQL_STATEMENTS
};

enum {
    /* described_version is of this row */
    WSD__SQL_DESCRIBED = WSD__CACHE_TEXTS + WSD__CACHE_NUMBERS + 1,
    /* an empty scan_service counts */
    WSD__SQL_FORGET_SERVICE
};

struct wsd_cache {
    void *library; /* of sql */
    struct wsd__sqlite sql;
    char *path, *note;
    const char *const *steps;
    unsigned n_steps;
    uint64_t deadline; /* of the call that runs: so long others are waited for */
    sqlite3 *db;       /* NULL: it could not be opened again */
    sqlite3_file *file;
    sqlite3_stmt *statements[WSD__SQL_STATEMENTS];
};

/* Runs a statement that has its parameters and gives no rows that matter. */
int wsd__cache_run(const struct wsd_cache *cache, sqlite3_stmt *statement);

void wsd__cache_free(struct wsd_cache *cache);

/* The work of a transaction: SQLITE_OK, another code of SQLite's, or a negative code of ours. It is
 * done anew when the file was exchanged under us. */
typedef int wsd__cache_work_fn(struct wsd_cache *cache, void *user);
int wsd__cache_transact(struct wsd_cache *cache, enum wsd__statement begin,
                        wsd__cache_work_fn *work, void *user, struct wsd_error *reterr);

#endif
