/* SPDX-License-Identifier: MIT */
/*
 * Inside of the cache of devices: the database (cache.c, which alone knows SQLite), the file around
 * it (cache_file.c) and what a device is in it (cache_row.c).
 */
#ifndef WSD_DISCOVERY_CACHE_H
#define WSD_DISCOVERY_CACHE_H

#include <wsd/cache.h>

#include "core/arena.h"
#include "core/limits.h"

/* Columns of a device, in the order in which cache.c has them. Lists are a line an item; a type is
 * namespace, name and prefix with a blank between. */
enum wsd__cache_text {
    WSD__CACHE_KEY, /* of the endpoint: equal for those that wsd_endpoint_equal() takes for equal */
    WSD__CACHE_ENDPOINT,
    WSD__CACHE_TYPES,
    WSD__CACHE_SCOPES,
    WSD__CACHE_XADDRS,
    WSD__CACHE_REFUSED,
    WSD__CACHE_ADDRESS,
    WSD__CACHE_INTERFACE,
    WSD__CACHE_FRIENDLY_NAME,
    WSD__CACHE_MANUFACTURER,
    WSD__CACHE_MODEL_NAME,
    WSD__CACHE_SERIAL_NUMBER,
    WSD__CACHE_SCAN_SERVICE,
    WSD__CACHE_TEXTS
};
enum wsd__cache_number {
    WSD__CACHE_METADATA_VERSION,
    WSD__CACHE_INSTANCE_ID,
    WSD__CACHE_FIRST_SEEN,
    WSD__CACHE_LAST_SEEN,
    WSD__CACHE_DESCRIBED_VERSION,
    WSD__CACHE_NUMBERS
};

struct wsd__cache_row {
    struct {
        const char *data;
        size_t length;
    } texts[WSD__CACHE_TEXTS];
    int64_t numbers[WSD__CACHE_NUMBERS];
};

/* The key of an endpoint, in memory. Fails with WSD_E_INVALID or WSD_E_NO_MEMORY. */
int wsd__cache_key(const char *endpoint, struct wsd__arena *memory, const char **ret_key,
                   struct wsd_error *reterr);
/* What is stored of a device; `now` stands in for times that are 0. */
int wsd__cache_encode(const struct wsd_cached *device, int64_t now, struct wsd__arena *memory,
                      struct wsd__cache_row *ret, struct wsd_error *reterr);
/* The device of a row: copied into memory. 0; 1: the row makes no sense; WSD_E_NO_MEMORY. */
int wsd__cache_decode(const struct wsd__cache_row *row, struct wsd__arena *memory,
                      struct wsd_cached *ret);
/* True if `url` is on a host that the target names. */
bool wsd__cache_names_host(const struct wsd_target *target, const char *url);

/* -- cache_file.c -- */
/* The path that is meant; free it. */
int wsd__cache_locate(const char *path, char **ret_path, struct wsd_error *reterr);
/* Makes folders and an empty file where they are missing; refuses what is no file. *ret_foreign:
 * its size alone tells that it is no cache. */
int wsd__cache_prepare(const char *path, bool *ret_foreign, struct wsd_error *reterr);
/* True if the file and its folder may be written. */
bool wsd__cache_writable(const char *path);
enum { WSD__CACHE_SUFFIX = 40 }; /* room for what is put behind a path */
/* Gives the file and those that SQLite keeps beside it other names; `suffix` is what was put behind
 * path. The caller sees to it that nobody uses the file. */
int wsd__cache_set_aside(const char *path, char suffix[WSD__CACHE_SUFFIX],
                         struct wsd_error *reterr);

/* -- cache.c -- */
/* One change of several that become true together. */
struct wsd__cache_change {
    const struct wsd_cached *device;
    bool drop; /* forget it, if it was not seen after device->last_seen; else store it */
};
int wsd__cache_change(struct wsd_cache *cache, const struct wsd__cache_change *changes,
                      size_t n_changes, struct wsd_error *reterr);
/* wsd_cache_open() with another history of the schema, for tests: step n makes version n of n - 1,
 * the first of nothing. */
int wsd__cache_open_steps(const char *path, const char *const *steps, unsigned n_steps,
                          struct wsd_cache **ret_cache, const char **ret_note,
                          struct wsd_error *reterr);
extern const char *const wsd__cache_steps[];
extern const unsigned wsd__n_cache_steps;

#endif
