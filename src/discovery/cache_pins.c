/* SPDX-License-Identifier: MIT */
/*
 * Certificates of devices in the file of the cache, in a table of their own: a device that leaves
 * the cache, or is pushed out by others, takes nothing of it along. For the same reason a full
 * table takes no more, where the oldest might have been pushed out: else whoever invents a thousand
 * devices would make all that are known unknown.
 *
 * The file is open while a question lasts. Each is asked for a handshake of some milliseconds, and
 * an open cache would cost its memory all the time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "discovery/cache_db.h"
#include "soap/pins.h"

struct keep {
    char *path; /* NULL: the usual one */
};

/* One question, which may be asked anew when the file was exchanged under it. */
struct pin_work {
    const char *name;                    /* NULL: all */
    const struct wsd_certificate *added; /* NULL: none */
    struct wsd__arena *memory;
    struct wsd_certificate *found;
    struct wsd_certificate_set *set;
    struct wsd_error *error;
};

enum { DEVICE, PEM, SUBJECT, EXPIRES, SINCE }; /* columns */

/* -- rows ------------------------------------------------------------------------------------- */

static const char *take_text(const struct wsd_cache *cache, sqlite3_stmt *statement, int column,
                             struct wsd__arena *memory)
{
    const unsigned char *text = cache->sql.column_text(statement, column);
    return text != NULL ? wsd__arena_strdup(memory, (const char *)text) : NULL;
}

static int take_pin(const struct wsd_cache *cache, sqlite3_stmt *statement,
                    struct wsd__arena *memory, struct wsd_certificate *ret)
{
    ret->device = take_text(cache, statement, DEVICE, memory);
    ret->pem = take_text(cache, statement, PEM, memory);
    ret->subject = take_text(cache, statement, SUBJECT, memory);
    ret->expires = take_text(cache, statement, EXPIRES, memory);
    ret->since = cache->sql.column_int64(statement, SINCE);
    return ret->device != NULL && ret->pem != NULL && ret->subject != NULL && ret->expires != NULL
               ? 0
               : WSD_E_NO_MEMORY;
}

static int bind(const struct wsd_cache *cache, sqlite3_stmt *statement, int place, const char *text)
{
    return cache->sql.bind_text(statement, place, text, (int)strlen(text), SQLITE_STATIC);
}

/* -- questions, each inside of a transaction -------------------------------------------------- */

static int find_pin(struct wsd_cache *cache, void *user)
{
    struct pin_work *work = user;
    sqlite3_stmt *statement = cache->statements[WSD__SQL_PIN_FIND];
    int rc = bind(cache, statement, 1, work->name);
    if (rc != SQLITE_OK) {
        return rc;
    }
    rc = cache->sql.step(statement);
    if (rc == SQLITE_ROW) {
        rc = take_pin(cache, statement, work->memory, work->found);
    } else if (rc == SQLITE_DONE) {
        rc = wsd__error(work->error, WSD_E_NOT_FOUND, "no certificate of %.200s is remembered",
                        work->name);
    }
    cache->sql.reset(statement);
    return rc;
}

static int add_pin(struct wsd_cache *cache, void *user)
{
    struct pin_work *work = user;
    const struct wsd_certificate *c = work->added;
    sqlite3_stmt *statement = cache->statements[WSD__SQL_PIN_ADD];
    const char *const texts[] = {c->device, c->pem, c->subject, c->expires};
    struct wsd_error none = {0}, *reterr = work->error;
    int rc = SQLITE_OK;
    for (int i = 0; rc == SQLITE_OK && i < SINCE; i++) {
        rc = bind(cache, statement, i + 1, texts[i]);
    }
    if (rc == SQLITE_OK) {
        cache->sql.bind_int64(statement, SINCE + 1, c->since);
        cache->sql.bind_int64(statement, SINCE + 2, WSD_MAX_CERTIFICATES);
        rc = wsd__cache_run(cache, statement);
    }
    if (rc != SQLITE_OK) {
        return rc;
    }
    work->error = &none;
    rc = find_pin(cache, work);
    work->error = reterr;
    return rc == WSD_E_NOT_FOUND
               ? wsd__error(reterr, WSD_E_LIMIT,
                            "%d certificates are remembered in %s, and no more can be",
                            WSD_MAX_CERTIFICATES, cache->path)
               : rc;
}

static int list_pins(struct wsd_cache *cache, void *user)
{
    struct pin_work *work = user;
    sqlite3_stmt *statement = cache->statements[WSD__SQL_PIN_LIST];
    struct wsd_certificate *all =
        wsd__arena_alloc(work->memory, WSD_MAX_CERTIFICATES * sizeof *all);
    size_t n = 0;
    int rc = SQLITE_ROW;
    if (all == NULL) {
        return WSD_E_NO_MEMORY;
    }
    cache->sql.bind_int64(statement, 1, WSD_MAX_CERTIFICATES);
    while (rc == SQLITE_ROW && (rc = cache->sql.step(statement)) == SQLITE_ROW) {
        int status = take_pin(cache, statement, work->memory, &all[n++]);
        rc = status < 0 ? status : rc;
    }
    cache->sql.reset(statement);
    *work->set = (struct wsd_certificate_set){all, n};
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int forget_pins(struct wsd_cache *cache, void *user)
{
    const struct pin_work *work = user;
    sqlite3_stmt *statement = cache->statements[WSD__SQL_PIN_FORGET];
    if (work->name == NULL) {
        return wsd__cache_run(cache, cache->statements[WSD__SQL_PIN_FORGET_ALL]);
    }
    int rc = bind(cache, statement, 1, work->name);
    return rc == SQLITE_OK ? wsd__cache_run(cache, statement) : rc;
}

/* -- the table of functions ------------------------------------------------------------------- */

/* Where there is no file, nothing is remembered, and to find that out none is made. */
static bool is_there(const struct keep *keep)
{
    char *path = NULL;
    bool there = wsd__cache_locate(keep->path, &path, NULL) < 0 || access(path, F_OK) == 0 ||
                 errno != ENOENT;
    free(path);
    return there;
}

static int transact(const struct keep *keep, enum wsd__statement begin, wsd__cache_work_fn *fn,
                    struct pin_work *work)
{
    struct wsd_cache *cache = NULL;
    int status = wsd_cache_open(keep->path, &cache, NULL, work->error);
    if (status < 0) {
        return status;
    }
    status = wsd__cache_transact(cache, begin, fn, work, work->error);
    wsd_cache_close(cache);
    return status;
}

static int keep_find(void *user, const char *name, struct wsd__arena *memory,
                     struct wsd_certificate *ret, struct wsd_error *reterr)
{
    struct pin_work work = {.name = name, .memory = memory, .found = ret, .error = reterr};
    if (!is_there(user)) {
        return wsd__error(reterr, WSD_E_NOT_FOUND, "no certificate is remembered");
    }
    return transact(user, WSD__SQL_BEGIN_READ, find_pin, &work);
}

static int keep_add(void *user, const struct wsd_certificate *certificate,
                    struct wsd__arena *memory, struct wsd_certificate *ret,
                    struct wsd_error *reterr)
{
    struct pin_work work = {.name = certificate->device,
                            .added = certificate,
                            .memory = memory,
                            .found = ret,
                            .error = reterr};
    return transact(user, WSD__SQL_BEGIN_WRITE, add_pin, &work);
}

static int keep_list(void *user, struct wsd__arena *memory, struct wsd_certificate_set *ret,
                     struct wsd_error *reterr)
{
    struct pin_work work = {.memory = memory, .set = ret, .error = reterr};
    return is_there(user) ? transact(user, WSD__SQL_BEGIN_READ, list_pins, &work) : 0;
}

static int keep_forget(void *user, const char *name, struct wsd_error *reterr)
{
    struct pin_work work = {.name = name, .error = reterr};
    return is_there(user) ? transact(user, WSD__SQL_BEGIN_WRITE, forget_pins, &work) : 0;
}

static void keep_destroy(void *user)
{
    struct keep *keep = user;
    free(keep->path);
    free(keep);
}

int wsd_keep_certificates(struct wsd_context *context, const char *path, struct wsd_error *reterr)
{
    static const struct wsd__pin_store in_cache = {keep_find, keep_add, keep_list, keep_forget,
                                                   keep_destroy};
    struct keep *keep = calloc(1, sizeof *keep);
    if (keep == NULL || (path != NULL && (keep->path = strdup(path)) == NULL)) {
        free(keep);
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    return wsd__pins_keep(context, &in_cache, keep, reterr);
}
