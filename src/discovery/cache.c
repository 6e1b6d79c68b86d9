/* SPDX-License-Identifier: MIT */
/* The cache of devices: its public calls, each of them one transaction. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/error.h"
#include "discovery/cache_db.h"

int wsd_cache_open(const char *path, struct wsd_cache **ret_cache, const char **ret_note,
                   struct wsd_error *reterr)
{
    return wsd__cache_open_steps(path, wsd__cache_steps, wsd__n_cache_steps, ret_cache, ret_note,
                                 reterr);
}

void wsd_cache_close(struct wsd_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    wsd__cache_free(cache);
}

const char *wsd_cache_path(const struct wsd_cache *cache)
{
    return cache->path;
}

/* -- reading ---------------------------------------------------------------------------------- */

/* 0; 1: the row makes no sense; WSD_E_NO_MEMORY. */
static int take_row(const struct wsd_cache *cache, sqlite3_stmt *statement,
                    struct wsd__arena *memory, struct wsd_cached *ret)
{
    struct wsd__cache_row row;
    for (int i = 0; i < WSD__CACHE_TEXTS; i++) {
        const unsigned char *text = cache->sql.column_text(statement, i);
        if (text == NULL) {
            return (cache->sql.errcode(cache->db) & 0xff) == SQLITE_NOMEM ? WSD_E_NO_MEMORY : 1;
        }
        row.texts[i].data = (const char *)text;
        row.texts[i].length = (size_t)cache->sql.column_bytes(statement, i);
    }
    for (int i = 0; i < WSD__CACHE_NUMBERS; i++) {
        row.numbers[i] = cache->sql.column_int64(statement, WSD__CACHE_TEXTS + i);
    }
    return wsd__cache_decode(&row, memory, ret);
}

static int take_rows(struct wsd_cache *cache, sqlite3_stmt *statement, struct wsd__arena *memory)
{
    struct wsd_cached_set *set = wsd__arena_root(memory);
    struct wsd_cached *devices = NULL, device;
    size_t room = 0;
    int rc, status = 0;
    while ((rc = cache->sql.step(statement)) == SQLITE_ROW) {
        status = take_row(cache, statement, memory, &device);
        if (status == 0 && set->n_devices == room) {
            size_t more = room > 0 ? room * 2 : 8;
            devices =
                wsd__arena_grow(memory, devices, room * sizeof *devices, more * sizeof *devices);
            status = devices != NULL ? 0 : WSD_E_NO_MEMORY;
            room = more;
        }
        if (status < 0) {
            break;
        }
        if (status == 0) {
            devices[set->n_devices++] = device;
        }
    }
    set->devices = devices;
    cache->sql.reset(statement);
    return status < 0 ? status : rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int read_all(struct wsd_cache *cache, void *user)
{
    const struct wsd_cached_set **ret = user;
    struct wsd__arena *memory =
        wsd__arena_new(sizeof(struct wsd_cached_set), 4096, WSD_MAX_CACHE_MEMORY);
    if (memory == NULL) {
        return WSD_E_NO_MEMORY;
    }
    wsd_free(*ret); /* of an attempt before */
    *ret = wsd__arena_root(memory);
    cache->sql.bind_int64(cache->statements[WSD__SQL_READ], 1, WSD_MAX_CACHED_DEVICES);
    return take_rows(cache, cache->statements[WSD__SQL_READ], memory);
}

int wsd_cache_read(struct wsd_cache *cache, const struct wsd_cached_set **ret_devices,
                   struct wsd_error *reterr)
{
    const struct wsd_cached_set *set = NULL;
    int status = wsd__cache_transact(cache, WSD__SQL_BEGIN_READ, read_all, &set, reterr);
    if (status < 0) {
        wsd_free(set);
        return status;
    }
    *ret_devices = set;
    return 0;
}

struct finding {
    struct wsd__arena *memory; /* a struct wsd_cached is its root */
    const char *key;
    bool found;
};

static int bind_key(const struct wsd_cache *cache, sqlite3_stmt *statement, const char *key,
                    size_t length)
{
    return cache->sql.bind_text(statement, 1, key, (int)length, SQLITE_STATIC);
}

static int find_one(struct wsd_cache *cache, void *user)
{
    struct finding *finding = user;
    sqlite3_stmt *statement = cache->statements[WSD__SQL_FIND];
    int rc = bind_key(cache, statement, finding->key, strlen(finding->key));
    if (rc != SQLITE_OK) {
        return rc;
    }
    rc = cache->sql.step(statement);
    if (rc == SQLITE_ROW) {
        int status = take_row(cache, statement, finding->memory, wsd__arena_root(finding->memory));
        finding->found = status == 0;
        rc = status < 0 ? status : SQLITE_DONE;
    }
    cache->sql.reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int wsd_cache_find(struct wsd_cache *cache, const char *endpoint,
                   const struct wsd_cached **ret_device, struct wsd_error *reterr)
{
    struct finding finding = {
        .memory = wsd__arena_new(sizeof(struct wsd_cached), 1024, (size_t)16 * WSD_MAX_CACHED_ROW)};
    if (finding.memory == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int status = wsd__cache_key(endpoint, finding.memory, &finding.key, reterr);
    if (status == 0) {
        status = wsd__cache_transact(cache, WSD__SQL_BEGIN_READ, find_one, &finding, reterr);
    }
    if (status == 0 && !finding.found) {
        status = wsd__error(reterr, WSD_E_NOT_FOUND, "%s is not in the cache of devices", endpoint);
    }
    if (status < 0) {
        wsd__arena_free(finding.memory);
        return status;
    }
    *ret_device = wsd__arena_root(finding.memory);
    return 0;
}

struct each {
    const char *const *endpoints;
    size_t n_endpoints;
    void (*found)(void *user, size_t place, const struct wsd_cached *device);
    void *user;
    struct wsd_error *error;
};

static int find_place(struct wsd_cache *cache, const struct each *each, size_t place)
{
    struct finding finding = {
        .memory = wsd__arena_new(sizeof(struct wsd_cached), 1024, (size_t)16 * WSD_MAX_CACHED_ROW)};
    if (finding.memory == NULL) {
        return WSD_E_NO_MEMORY;
    }
    int rc = wsd__cache_key(each->endpoints[place], finding.memory, &finding.key, each->error);
    if (rc == 0) {
        rc = find_one(cache, &finding);
    }
    if (rc == SQLITE_OK && finding.found) {
        each->found(each->user, place, wsd__arena_root(finding.memory));
    }
    wsd__arena_free(finding.memory);
    return rc;
}

static int find_places(struct wsd_cache *cache, void *user)
{
    const struct each *each = user;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < each->n_endpoints; i++) {
        rc = find_place(cache, each, i);
    }
    return rc;
}

int wsd_cache_find_each(struct wsd_cache *cache, const char *const *endpoints, size_t n_endpoints,
                        void (*found)(void *user, size_t place, const struct wsd_cached *device),
                        void *user, struct wsd_error *reterr)
{
    struct each each = {endpoints, n_endpoints, found, user, reterr};
    return n_endpoints > 0
               ? wsd__cache_transact(cache, WSD__SQL_BEGIN_READ, find_places, &each, reterr)
               : 0;
}

/* -- writing ---------------------------------------------------------------------------------- */

struct writing {
    const struct wsd__cache_change *changes;
    size_t n_changes;
    struct wsd_error *error;
};

/* The scan service of a device that got another address is not where it was. */
static int is_service_lost(const struct wsd_cache *cache, const struct wsd__cache_row *row,
                           const struct wsd_target *target, bool *ret)
{
    sqlite3_stmt *statement = cache->statements[WSD__SQL_SERVICE];
    *ret = false;
    if (row->texts[WSD__CACHE_SCAN_SERVICE].length > 0 || target->xaddrs.n_items == 0) {
        return SQLITE_OK;
    }
    int rc = bind_key(cache, statement, row->texts[WSD__CACHE_KEY].data,
                      row->texts[WSD__CACHE_KEY].length);
    if (rc == SQLITE_OK) {
        rc = cache->sql.step(statement);
    }
    if (rc == SQLITE_ROW) {
        const unsigned char *service = cache->sql.column_text(statement, 0);
        *ret = service != NULL && !wsd__cache_names_host(target, (const char *)service);
        rc = service != NULL ? rc : SQLITE_NOMEM;
    }
    cache->sql.reset(statement);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int store_row(const struct wsd_cache *cache, const struct wsd__cache_row *row,
                     const struct wsd_target *target)
{
    sqlite3_stmt *statement = cache->statements[WSD__SQL_STORE];
    bool lost, described = false;
    int rc = is_service_lost(cache, row, target, &lost);
    for (int i = 0; rc == SQLITE_OK && i < WSD__CACHE_TEXTS; i++) {
        rc = cache->sql.bind_text(statement, i + 1, row->texts[i].data, (int)row->texts[i].length,
                                  SQLITE_STATIC);
        described = described || (i >= WSD__CACHE_FRIENDLY_NAME && row->texts[i].length > 0);
    }
    for (int i = 0; rc == SQLITE_OK && i < WSD__CACHE_NUMBERS; i++) {
        rc = cache->sql.bind_int64(statement, WSD__CACHE_TEXTS + i + 1, row->numbers[i]);
    }
    if (rc == SQLITE_OK) {
        cache->sql.bind_int64(statement, WSD__SQL_DESCRIBED, described);
        cache->sql.bind_int64(statement, WSD__SQL_FORGET_SERVICE, lost);
        rc = wsd__cache_run(cache, statement);
    }
    return rc;
}

static int drop_row(const struct wsd_cache *cache, const struct wsd__cache_row *row)
{
    sqlite3_stmt *statement = cache->statements[WSD__SQL_DROP];
    int rc = bind_key(cache, statement, row->texts[WSD__CACHE_KEY].data,
                      row->texts[WSD__CACHE_KEY].length);
    if (rc == SQLITE_OK) {
        cache->sql.bind_int64(statement, 2, row->numbers[WSD__CACHE_LAST_SEEN]);
        rc = wsd__cache_run(cache, statement);
    }
    return rc;
}

/* A row at a time: a thousand of them would be another megabyte. */
static int write_change(struct wsd_cache *cache, const struct wsd__cache_change *change,
                        struct wsd_error *reterr)
{
    struct wsd__arena *memory = wsd__arena_new(1, 1024, WSD_MAX_CACHE_MEMORY);
    struct wsd__cache_row row = {0};
    if (memory == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    int rc = wsd__cache_encode(change->device, (int64_t)time(NULL), memory, &row, reterr);
    if (rc == 0) {
        rc = change->drop ? drop_row(cache, &row) : store_row(cache, &row, &change->device->target);
    }
    wsd__arena_free(memory);
    return rc;
}

static int write_all(struct wsd_cache *cache, void *user)
{
    const struct writing *writing = user;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < writing->n_changes; i++) {
        rc = write_change(cache, &writing->changes[i], writing->error);
    }
    if (rc == SQLITE_OK) {
        cache->sql.bind_int64(cache->statements[WSD__SQL_EVICT], 1, WSD_MAX_CACHED_DEVICES);
        rc = wsd__cache_run(cache, cache->statements[WSD__SQL_EVICT]);
    }
    return rc;
}

int wsd__cache_change(struct wsd_cache *cache, const struct wsd__cache_change *changes,
                      size_t n_changes, struct wsd_error *reterr)
{
    struct writing writing = {changes, n_changes, reterr};
    return n_changes > 0
               ? wsd__cache_transact(cache, WSD__SQL_BEGIN_WRITE, write_all, &writing, reterr)
               : 0;
}

int wsd_cache_store_all(struct wsd_cache *cache, const struct wsd_cached *const *devices,
                        size_t n_devices, struct wsd_error *reterr)
{
    struct wsd__cache_change *changes = calloc(n_devices + 1, sizeof *changes);
    if (changes == NULL) {
        return wsd__error(reterr, WSD_E_NO_MEMORY, NULL);
    }
    for (size_t i = 0; i < n_devices; i++) {
        changes[i].device = devices[i];
    }
    int status = wsd__cache_change(cache, changes, n_devices, reterr);
    free(changes);
    return status;
}

int wsd_cache_store(struct wsd_cache *cache, const struct wsd_cached *device,
                    struct wsd_error *reterr)
{
    struct wsd__cache_change change = {.device = device};
    return wsd__cache_change(cache, &change, 1, reterr);
}

static int drop_all(struct wsd_cache *cache, void *user)
{
    (void)user;
    return wsd__cache_run(cache, cache->statements[WSD__SQL_DROP_ALL]);
}

int wsd_cache_drop(struct wsd_cache *cache, const char *endpoint, struct wsd_error *reterr)
{
    struct wsd_cached device = {.target.endpoint = endpoint, .last_seen = INT64_MAX};
    struct wsd__cache_change change = {.device = &device, .drop = true};
    return endpoint == NULL
               ? wsd__cache_transact(cache, WSD__SQL_BEGIN_WRITE, drop_all, NULL, reterr)
               : wsd__cache_change(cache, &change, 1, reterr);
}
