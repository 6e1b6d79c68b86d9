/* SPDX-License-Identifier: MIT */
/*
 * The database of the cache: its file, its schema, its transactions.
 *
 * Journal: a rollback journal, not a write-ahead log. The log wants memory that all programs share,
 * which a home directory on NFS has not; it leaves two files more beside the one; and what it is
 * better at, readers beside a writer, does not matter to transactions of a few milliseconds.
 * Durability: synchronous=EXTRA, since with FULL the removal of the journal, which is what commits,
 * may not have reached the disk when the power goes, and the transaction would be rolled back.
 *
 * Whose file it is, is decided under SQLite's lock: what a bare read() sees may be half of another
 * program's transaction. A file is set aside under SQLite's exclusive lock. Who still has the old
 * file open must not even look at it through SQLite, which would take the journal of the new file
 * for one that was left behind, and play it back. Therefore nothing is run without guard(): it
 * locks the file as SQLite is about to do, and sees whether it still lies where it was. If not, the
 * new one is opened and the work done again; so nothing that was reported as stored ends in a file
 * that has been set aside.
 *
 * SQLite is loaded while a cache is open: linked, it would cost each program half a megabyte, and
 * an open cache takes two, which a scan can do without. It holds 64 KiB of pages, and not the whole
 * file: who stores many devices in the order of their keys still writes each page once. Cost:
 * opening checks the whole file (0.1 ms at ten devices), a store syncs four times, one of a
 * thousand devices a few times more.
 */
#include "discovery/cache_db.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/error.h"

enum {
    APPLICATION_ID = 0x57534443, /* "WSDC" */
    OLDEST_SQLITE = 3037000,     /* STRICT tables */
    WORD = 128,                  /* room for the first value of a query */
    HASTY_TRIES = 3,             /* before there is a pause between them */
    PAUSE = 1                    /* milliseconds; one who writes without end leaves small gaps */
};

/* -- the library ------------------------------------------------------------------------------ */

static int load(struct wsd_cache *cache, struct wsd_error *reterr)
{
    struct wsd__sqlite *sql = &cache->sql;
    cache->library = dlopen(SQLITE_LIBRARY, RTLD_LAZY | RTLD_LOCAL);
    bool whole = cache->library != NULL;
#define LOAD(name)                                                                                 \
    *(void **)&sql->name = whole ? dlsym(cache->library, "sqlite3_" #name) : NULL;                 \
    whole = whole && sql->name != NULL;
    WSD__SQLITE(LOAD)
#undef LOAD
    if (!whole || sql->libversion_number() < OLDEST_SQLITE) {
        return wsd__error(reterr, WSD_E_UNSUPPORTED,
                          "the cache of devices needs %s of SQLite 3.37 or newer, which is not "
                          "installed",
                          SQLITE_LIBRARY);
    }
    return 0;
}

/* -- the schema and the statements ------------------------------------------------------------ */

const char *const wsd__cache_steps[] = {
    "CREATE TABLE device("
    "key TEXT PRIMARY KEY NOT NULL, endpoint TEXT NOT NULL, types TEXT NOT NULL, "
    "scopes TEXT NOT NULL, xaddrs TEXT NOT NULL, refused TEXT NOT NULL, address TEXT NOT NULL, "
    "interface TEXT NOT NULL, friendly_name TEXT NOT NULL, manufacturer TEXT NOT NULL, "
    "model_name TEXT NOT NULL, serial_number TEXT NOT NULL, scan_service TEXT NOT NULL, "
    "metadata_version INTEGER NOT NULL, instance_id INTEGER NOT NULL, "
    "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, "
    "described_version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    /* Not WITHOUT ROWID: of rows of one or two thousand bytes the keys are to lie together. */
    "CREATE TABLE certificate("
    "device TEXT PRIMARY KEY NOT NULL, pem TEXT NOT NULL, subject TEXT NOT NULL, "
    "expires TEXT NOT NULL, since INTEGER NOT NULL) STRICT",
};
const unsigned wsd__n_cache_steps = sizeof wsd__cache_steps / sizeof *wsd__cache_steps;

#define COLUMNS                                                                                    \
    "key, endpoint, types, scopes, xaddrs, refused, address, interface, friendly_name, "           \
    "manufacturer, model_name, serial_number, scan_service, metadata_version, instance_id, "       \
    "first_seen, last_seen, described_version"
#define TEXT(name)   name " = iif(excluded." name " = '', " name ", excluded." name "), "
#define NUMBER(name) name " = iif(excluded." name " = 0, " name ", excluded." name "), "

static const char *const pragmas[] = {"PRAGMA fullfsync = ON", "PRAGMA temp_store = MEMORY",
                                      "PRAGMA mmap_size = 0", "PRAGMA cell_size_check = ON",
                                      "PRAGMA cache_size = -64"};

static const char *const sources[WSD__SQL_STATEMENTS] = {
    [WSD__SQL_BEGIN_READ] = "BEGIN",
    [WSD__SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [WSD__SQL_COMMIT] = "COMMIT",
    [WSD__SQL_ROLLBACK] = "ROLLBACK",
    [WSD__SQL_READ] = "SELECT " COLUMNS " FROM device ORDER BY key LIMIT ?1",
    [WSD__SQL_FIND] = "SELECT " COLUMNS " FROM device WHERE key = ?1",
    [WSD__SQL_SERVICE] = "SELECT scan_service FROM device WHERE key = ?1 AND scan_service <> ''",
    [WSD__SQL_STORE] =
        "INSERT INTO device(" COLUMNS ") VALUES "
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) "
        "ON CONFLICT(key) DO UPDATE SET " TEXT("endpoint") TEXT("types") TEXT("scopes")
            TEXT("xaddrs") TEXT("refused") TEXT("address") TEXT("interface") TEXT("friendly_name")
                TEXT("manufacturer") TEXT("model_name") TEXT("serial_number")
                    NUMBER("metadata_version")
                        NUMBER("instance_id") "last_seen = max(last_seen, excluded.last_seen), "
                                              "described_version = iif(?19, "
                                              "excluded.described_version, described_version), "
                                              "scan_service = iif(excluded.scan_service = '' AND "
                                              "NOT ?20, scan_service, "
                                              "excluded.scan_service)",
    [WSD__SQL_DROP] = "DELETE FROM device WHERE key = ?1 AND last_seen <= ?2",
    [WSD__SQL_DROP_ALL] = "DELETE FROM device",
    [WSD__SQL_EVICT] = ("DELETE FROM device WHERE (SELECT count(*) FROM device) > ?1 AND key IN "
                        "(SELECT key FROM device ORDER BY last_seen DESC, key LIMIT -1 OFFSET ?1)"),
    [WSD__SQL_PIN_FIND] =
        "SELECT device, pem, subject, expires, since FROM certificate WHERE device = ?1",
    [WSD__SQL_PIN_LIST] =
        "SELECT device, pem, subject, expires, since FROM certificate ORDER BY device LIMIT ?1",
    [WSD__SQL_PIN_ADD] = "INSERT OR IGNORE INTO certificate(device, pem, subject, expires, since) "
                         "SELECT ?1, ?2, ?3, ?4, ?5 "
                         "WHERE (SELECT count(*) FROM certificate) < ?6",
    [WSD__SQL_PIN_FORGET] = "DELETE FROM certificate WHERE pem = "
                            "(SELECT pem FROM certificate WHERE device = ?1)",
    [WSD__SQL_PIN_FORGET_ALL] = "DELETE FROM certificate",
};

/* -- small pieces ----------------------------------------------------------------------------- */

static bool no_memory(int rc)
{
    return rc == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM;
}

static bool is_damage(int rc)
{
    int primary = rc & 0xff;
    return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_TOOBIG ||
           primary == SQLITE_FORMAT;
}

static const char *explain(const struct wsd_cache *cache, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program has been holding it for too long";
    case SQLITE_FULL:
        return "there is no space left";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return "it or its folder may not be written";
    default:
        return is_damage(rc) ? "it is damaged" : cache->db ? cache->sql.errmsg(cache->db) : "";
    }
}

/* The report of what SQLite answered. */
static int failure(const struct wsd_cache *cache, int rc, const char *what,
                   struct wsd_error *reterr)
{
    if (no_memory(rc)) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int system = 0, primary = rc & 0xff;
    if (cache->db != NULL && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
        system = cache->sql.system_errno(cache->db);
    }
    return wsd__error_errno(reterr, WSD_E_SYSTEM, system,
                            "the cache of devices %s cannot be %s: %s", cache->path, what,
                            explain(cache, rc));
}

/* -- patience, and the guard ------------------------------------------------------------------ */

static uint64_t now(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* Waits a little for others, as SQLite would itself; false when it has been long enough. */
static bool pause_for_others(const struct wsd_cache *cache)
{
    if (now() >= cache->deadline) {
        return false;
    }
    cache->sql.sleep(PAUSE);
    return true;
}

static bool is_busy(int rc)
{
    return (rc & 0xff) == SQLITE_BUSY;
}

static bool has_moved(const struct wsd_cache *cache)
{
    int moved = 0;
    return cache->sql.file_control(cache->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ==
               SQLITE_OK &&
           moved != 0;
}

/* SQLite's own shared lock, which it will find that it has, on a file that still is that of the
 * path. SQLite gives it back at the end of its transaction. */
static int guard(const struct wsd_cache *cache)
{
    int rc;
    if (cache->sql.get_autocommit(cache->db) == 0) {
        return SQLITE_OK; /* held since the transaction began */
    }
    do {
        rc = cache->file->pMethods->xLock(cache->file, SQLITE_LOCK_SHARED);
    } while (is_busy(rc) && pause_for_others(cache));
    if (rc == SQLITE_OK && has_moved(cache)) {
        rc = SQLITE_READONLY_DBMOVED;
    }
    return rc;
}

/* Gives it back if SQLite had no use for it. */
static void unguard(const struct wsd_cache *cache)
{
    if (cache->sql.get_autocommit(cache->db) != 0) {
        cache->file->pMethods->xUnlock(cache->file, SQLITE_LOCK_NONE);
    }
}

int wsd__cache_run(const struct wsd_cache *cache, sqlite3_stmt *statement)
{
    int rc = cache->sql.step(statement), end = cache->sql.reset(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc != SQLITE_OK ? rc : end;
}

/* Runs what stands alone or begins a transaction, or in a transaction what belongs to it. */
static int run_guarded(const struct wsd_cache *cache, sqlite3_stmt *statement, bool patient)
{
    int rc;
    do {
        rc = guard(cache);
        if (rc == SQLITE_OK) {
            rc = wsd__cache_run(cache, statement);
        }
    } while (patient && is_busy(rc) && pause_for_others(cache));
    return rc;
}

static int prepare_guarded(const struct wsd_cache *cache, const char *text, unsigned flags,
                           sqlite3_stmt **ret)
{
    int rc;
    do {
        rc = guard(cache);
        if (rc == SQLITE_OK) {
            rc = cache->sql.prepare_v3(cache->db, text, -1, flags, ret, NULL);
        }
    } while (is_busy(rc) && pause_for_others(cache));
    return rc;
}

/* The lock stays if SQLite had no use for it: see unguard(). */
static int run_text(const struct wsd_cache *cache, const char *text)
{
    sqlite3_stmt *statement = NULL;
    int rc = prepare_guarded(cache, text, 0, &statement);
    if (rc == SQLITE_OK) {
        rc = run_guarded(cache, statement, true);
    }
    cache->sql.finalize(statement);
    return rc;
}

/* The first value of the first row of a query, inside of a transaction: a number, or a text if
 * there is room for one. */
static int query(const struct wsd_cache *cache, const char *text, int64_t *ret_number,
                 char ret_word[WORD])
{
    sqlite3_stmt *statement = NULL;
    int rc = prepare_guarded(cache, text, 0, &statement);
    if (rc == SQLITE_OK) {
        rc = cache->sql.step(statement);
    }
    if (rc == SQLITE_ROW && ret_word != NULL) {
        const unsigned char *word = cache->sql.column_text(statement, 0);
        snprintf(ret_word, WORD, "%s", word != NULL ? (const char *)word : "");
        rc = word != NULL ? SQLITE_OK : SQLITE_NOMEM;
    } else if (rc == SQLITE_ROW) {
        *ret_number = cache->sql.column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    int end = cache->sql.finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_ERROR : rc != SQLITE_OK ? rc : end;
}

/* What a failure leaves open ends with the connection. */
static int end_transaction(const struct wsd_cache *cache)
{
    return cache->sql.get_autocommit(cache->db) == 0 ? run_text(cache, "ROLLBACK") : SQLITE_OK;
}

static void disconnect(struct wsd_cache *cache)
{
    if (cache->db == NULL) {
        return;
    }
    for (int i = 0; i < WSD__SQL_STATEMENTS; i++) {
        cache->sql.finalize(cache->statements[i]);
        cache->statements[i] = NULL;
    }
    cache->sql.close(cache->db);
    cache->db = NULL;
    cache->file = NULL;
}

/* -- what the file is ------------------------------------------------------------------------- */

/* What came of a try to open it; negative: a failure that was reported. */
enum verdict { SOUND, AGAIN, DAMAGED, FOREIGN };

struct identity {
    int64_t application, version, tables;
};

static int identify(const struct wsd_cache *cache, struct identity *ret)
{
    int rc = query(cache, "PRAGMA application_id", &ret->application, NULL);
    if (rc == SQLITE_OK) {
        rc = query(cache, "PRAGMA user_version", &ret->version, NULL);
    }
    if (rc == SQLITE_OK) {
        rc = query(cache, "SELECT count(*) FROM sqlite_schema", &ret->tables, NULL);
    }
    return rc;
}

/* What a failure to read the file says of it. */
static int judge(const struct wsd_cache *cache, int rc, struct wsd_error *reterr)
{
    /* A plain error: a schema that cannot be read or lacks what we ask for. */
    if (is_damage(rc) || rc == SQLITE_ERROR) {
        return DAMAGED;
    }
    if (rc == SQLITE_READONLY_DBMOVED || is_busy(rc)) {
        return AGAIN;
    }
    return failure(cache, rc, "read", reterr);
}

static int run_steps(const struct wsd_cache *cache, unsigned from)
{
    char text[64];
    int rc = SQLITE_OK;
    for (unsigned i = from; rc == SQLITE_OK && i < cache->n_steps; i++) {
        rc = run_text(cache, cache->steps[i]);
    }
    if (rc == SQLITE_OK) {
        snprintf(text, sizeof text, "PRAGMA application_id = %d", APPLICATION_ID);
        rc = run_text(cache, text);
    }
    if (rc == SQLITE_OK) {
        snprintf(text, sizeof text, "PRAGMA user_version = %u", cache->n_steps);
        rc = run_text(cache, text);
    }
    return rc;
}

/* Whether the statements fit the schema that came of it. If not, the file was no cache of an older
 * version, and is to be set aside as it was. */
static int try_statements(const struct wsd_cache *cache)
{
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < WSD__SQL_STATEMENTS; i++) {
        sqlite3_stmt *statement = NULL;
        rc = prepare_guarded(cache, sources[i], 0, &statement);
        cache->sql.finalize(statement);
    }
    return rc == SQLITE_ERROR ? SQLITE_CORRUPT : rc;
}

/* Makes or migrates it, if it still is what it was when it was looked at. */
static int migrate(struct wsd_cache *cache, const struct identity *seen, struct wsd_error *reterr)
{
    struct identity there = {0};
    int rc = run_text(cache, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = identify(cache, &there);
    }
    if (rc == SQLITE_OK && memcmp(&there, seen, sizeof there) == 0) {
        rc = run_steps(cache, (unsigned)seen->version);
        if (rc == SQLITE_OK) {
            rc = try_statements(cache);
        }
        if (rc == SQLITE_OK) {
            rc = run_text(cache, "COMMIT");
        }
    }
    end_transaction(cache);
    if (rc == SQLITE_OK || rc == SQLITE_READONLY_DBMOVED || is_busy(rc)) {
        return AGAIN;
    }
    return is_damage(rc) ? DAMAGED : failure(cache, rc, "written", reterr);
}

static int prepare(struct wsd_cache *cache, bool log, struct wsd_error *reterr)
{
    int rc = run_text(cache, "PRAGMA synchronous = EXTRA");
    for (int i = 0; rc == SQLITE_OK && i < WSD__SQL_STATEMENTS; i++) {
        rc = prepare_guarded(cache, sources[i], SQLITE_PREPARE_PERSISTENT, &cache->statements[i]);
    }
    if (rc == SQLITE_OK && log) {
        /* Last, since it writes: what is to be set aside is set aside as it was. */
        rc = run_text(cache, "PRAGMA journal_mode = DELETE");
    }
    unguard(cache);
    return rc == SQLITE_OK ? SOUND : judge(cache, rc, reterr);
}

/* A disk that fails is no damage to the file; the check tells of both by a text. */
static int check_result(const char *word)
{
    const char *code = strstr(word, "error code");
    code = code != NULL ? code + strcspn(code, "0123456789") : "";
    int rc = (int)strtol(code, NULL, 10);
    return rc == 0 || is_damage(rc) ? SQLITE_OK : rc;
}

static int examine(struct wsd_cache *cache, struct wsd_error *reterr)
{
    struct identity seen = {0};
    char word[WORD] = "", mode[WORD] = "";
    int rc = run_text(cache, "BEGIN");
    rc = rc == SQLITE_OK ? identify(cache, &seen) : rc;
    bool fresh = seen.application == 0 && seen.version == 0 && seen.tables == 0;
    bool ours = seen.application == APPLICATION_ID;
    if (rc == SQLITE_OK && ours && seen.version <= cache->n_steps) {
        rc = query(cache, "PRAGMA quick_check(1)", NULL, word);
    }
    if (rc == SQLITE_OK && ours) {
        rc = check_result(word);
    }
    if (rc == SQLITE_OK && ours) {
        rc = query(cache, "PRAGMA journal_mode", NULL, mode);
    }
    int end = end_transaction(cache);
    rc = rc == SQLITE_OK ? end : rc;
    if (rc != SQLITE_OK) {
        return judge(cache, rc, reterr);
    }
    if (!fresh && !ours) {
        return FOREIGN;
    }
    if (seen.version > cache->n_steps) {
        return wsd__error(reterr, WSD_E_UNSUPPORTED,
                          "the cache of devices %s is of version %d, which a newer libwsd wrote; "
                          "this one knows versions up to %u (WSD_CACHE_PATH may name another file)",
                          cache->path, (int)seen.version, cache->n_steps);
    }
    if (!fresh && (seen.version < 1 || strcmp(word, "ok") != 0)) {
        return DAMAGED;
    }
    if (cache->sql.db_readonly(cache->db, "main") != 0) {
        return DAMAGED; /* by its own header, since the system would allow it */
    }
    return seen.version < cache->n_steps ? migrate(cache, &seen, reterr)
                                         : prepare(cache, strcmp(mode, "wal") == 0, reterr);
}

/* -- opening ---------------------------------------------------------------------------------- */

/* Of all this only the size of SQLite's cache looks into the file: at the schema. */
static int configure(struct wsd_cache *cache)
{
    struct wsd__sqlite *sql = &cache->sql;
    sqlite3_stmt *statement = NULL;
    sql->extended_result_codes(cache->db, 1);
    sql->limit(cache->db, SQLITE_LIMIT_LENGTH, WSD_MAX_CACHED_ROW);
    /* It would take 48 kB beforehand, for speed that a few statements do not need. */
    sql->db_config(cache->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
    /* The schema is nobody's program. */
    sql->db_config(cache->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sql->db_config(cache->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sql->db_config(cache->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sql->db_config(cache->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof pragmas / sizeof *pragmas; i++) {
        rc = sql->prepare_v3(cache->db, pragmas[i], -1, 0, &statement, NULL);
        rc = rc == SQLITE_OK ? wsd__cache_run(cache, statement) : rc;
        sql->finalize(statement);
    }
    return rc;
}

static int connect_file(struct wsd_cache *cache, struct wsd_error *reterr)
{
    bool foreign = false;
    int status = wsd__cache_prepare(cache->path, &foreign, reterr);
    if (status < 0) {
        return status;
    }
    int rc = cache->sql.open_v2(cache->path, &cache->db,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc != SQLITE_OK) {
        bool gone = (rc & 0xff) == SQLITE_CANTOPEN && cache->sql.system_errno(cache->db) == ENOENT;
        return gone ? AGAIN : failure(cache, rc, "opened", reterr);
    }
    rc = cache->sql.file_control(cache->db, "main", SQLITE_FCNTL_FILE_POINTER, &cache->file);
    if (rc != SQLITE_OK || cache->file == NULL || cache->file->pMethods == NULL) {
        return failure(cache, SQLITE_CANTOPEN, "opened", reterr);
    }
    if (!wsd__cache_writable(cache->sql.db_filename(cache->db, "main"))) {
        return has_moved(cache) ? AGAIN : failure(cache, SQLITE_READONLY, "opened", reterr);
    }
    /* The file was set aside while SQLite opened it, and a new one was there at its second try,
     * which is one for reading alone. */
    if (cache->sql.db_readonly(cache->db, "main") == 1) {
        return AGAIN;
    }
    if (foreign) {
        return FOREIGN;
    }
    rc = configure(cache);
    if (no_memory(rc)) {
        /* Some damage of the schema makes SQLite say so each time; where memory was short it is
         * mostly there again. */
        rc = configure(cache);
        rc = no_memory(rc) ? SQLITE_CORRUPT : rc;
    }
    return rc == SQLITE_OK ? examine(cache, reterr) : judge(cache, rc, reterr);
}

/* Locks the file against everybody, by SQLite's own means: a transaction could not be begun in what
 * is no database. */
static int lock_file(const struct wsd_cache *cache)
{
    sqlite3_file *file = cache->file;
    int rc;
    do {
        rc = file->pMethods->xLock(file, SQLITE_LOCK_SHARED);
        if (rc == SQLITE_OK) {
            rc = file->pMethods->xLock(file, SQLITE_LOCK_EXCLUSIVE);
        }
        if (rc != SQLITE_OK) {
            file->pMethods->xUnlock(file, SQLITE_LOCK_NONE);
        }
    } while (is_busy(rc) && pause_for_others(cache));
    return rc;
}

static int rename_locked(struct wsd_cache *cache, int verdict, struct wsd_error *reterr)
{
    char suffix[WSD__CACHE_SUFFIX];
    const char *path = cache->sql.db_filename(cache->db, "main");
    struct wsd__buf note = WSD__BUF_INIT((size_t)16384);
    /* There is to be memory for the note before there is something to note. */
    if (wsd__buf_reserve(&note, 2 * strlen(path) + 200) < 0) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int status = wsd__cache_set_aside(path, suffix, reterr);
    if (status < 0) {
        wsd__buf_free(&note);
        return status;
    }
    wsd__buf_printf(&note, "%s %s; it is now %s%s, and a new cache of devices was begun", path,
                    verdict == DAMAGED ? "was damaged" : "was no cache of devices", path, suffix);
    free(cache->note);
    cache->note = note.data;
    return AGAIN;
}

static int set_aside(struct wsd_cache *cache, int verdict, struct wsd_error *reterr)
{
    int rc = lock_file(cache);
    if (rc != SQLITE_OK) {
        return failure(cache, rc, "set aside", reterr);
    }
    int status = has_moved(cache) ? AGAIN : rename_locked(cache, verdict, reterr);
    cache->file->pMethods->xUnlock(cache->file, SQLITE_LOCK_NONE);
    return status;
}

/* Opens what lies at the path, though others make, migrate and set aside at the same time. */
static int settle(struct wsd_cache *cache, struct wsd_error *reterr)
{
    for (int i = 0; i < HASTY_TRIES || pause_for_others(cache); i++) {
        int status = connect_file(cache, reterr);
        if (status == SOUND) {
            return 0;
        }
        if (status > AGAIN) {
            status = set_aside(cache, status, reterr);
        }
        disconnect(cache);
        if (status < 0) {
            return status;
        }
    }
    return failure(cache, SQLITE_BUSY, "opened", reterr);
}

void wsd__cache_free(struct wsd_cache *cache)
{
    disconnect(cache);
    if (cache->library != NULL) {
        dlclose(cache->library);
    }
    free(cache->path);
    free(cache->note);
    free(cache);
}

int wsd__cache_open_steps(const char *path, const char *const *steps, unsigned n_steps,
                          struct wsd_cache **ret_cache, const char **ret_note,
                          struct wsd_error *reterr)
{
    struct wsd_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    cache->steps = steps;
    cache->n_steps = n_steps;
    cache->deadline = now() + WSD_CACHE_BUSY;
    int status = load(cache, reterr);
    if (status == 0) {
        status = wsd__cache_locate(path, &cache->path, reterr);
    }
    if (status == 0) {
        status = settle(cache, reterr);
    }
    if (status < 0) {
        wsd__cache_free(cache);
        return status;
    }
    *ret_cache = cache;
    if (ret_note != NULL) {
        *ret_note = cache->note;
    }
    return 0;
}

/* -- transactions ----------------------------------------------------------------------------- */

/* Readers that are not done keep a commit waiting, new ones do not come in. */
static int attempt(struct wsd_cache *cache, enum wsd__statement begin, wsd__cache_work_fn *work,
                   void *user)
{
    if (cache->db == NULL) {
        return SQLITE_READONLY_DBMOVED;
    }
    int rc = run_guarded(cache, cache->statements[begin], false);
    if (rc == SQLITE_OK) {
        rc = work(cache, user);
    }
    if (rc == SQLITE_OK) {
        rc = run_guarded(cache, cache->statements[WSD__SQL_COMMIT], true);
    }
    if (cache->sql.get_autocommit(cache->db) == 0) {
        wsd__cache_run(cache, cache->statements[WSD__SQL_ROLLBACK]);
    }
    if (cache->sql.get_autocommit(cache->db) == 0) {
        disconnect(cache); /* it would keep others waiting */
    } else {
        unguard(cache);
    }
    return rc;
}

/* True if another file is at the path, or nothing that can be worked with any longer. */
static bool is_lost(int rc)
{
    return rc == SQLITE_READONLY_DBMOVED || (rc > 0 && is_damage(rc)) || rc == SQLITE_ERROR;
}

int wsd__cache_transact(struct wsd_cache *cache, enum wsd__statement begin,
                        wsd__cache_work_fn *work, void *user, struct wsd_error *reterr)
{
    int rc;
    cache->deadline = now() + WSD_CACHE_BUSY;
    for (int i = 0;; i++) {
        rc = attempt(cache, begin, work, user);
        if (is_lost(rc) && i < HASTY_TRIES) {
            disconnect(cache);
            int status = settle(cache, reterr);
            if (status < 0) {
                return status;
            }
        } else if (rc < 0 || !is_busy(rc) || !pause_for_others(cache)) {
            break;
        }
    }
    if (rc < 0) {
        return wsd__error(reterr, rc, NULL);
    }
    return rc == SQLITE_OK
               ? 0
               : failure(cache, rc, begin == WSD__SQL_BEGIN_READ ? "read" : "written", reterr);
}
