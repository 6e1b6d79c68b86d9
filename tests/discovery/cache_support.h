/* SPDX-License-Identifier: MIT */
/* What the tests of the cache share: a folder of their own, devices, files. */
#ifndef TEST_DISCOVERY_CACHE_SUPPORT_H
#define TEST_DISCOVERY_CACHE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "discovery/cache.h"

#define DEVICE "urn:uuid:5f8b7a10-1111-4222-8333-94a5b6c7d8e9"

static char folder[256], path[300];

static inline int remove_one(const char *name, const struct stat *there, int kind, struct FTW *at)
{
    (void)there, (void)kind, (void)at;
    return remove(name);
}

static inline void remove_folder(const char *name)
{
    nftw(name, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* In memory if there is such a place: much of what is tested waits for the disk. TMPDIR=... for a
 * real one. */
static inline int folder_up(void **state)
{
    const char *base = getenv("TMPDIR");
    const char *usual = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)state;
    snprintf(folder, sizeof folder, "%s/wsd-cache-XXXXXX", base != NULL ? base : usual);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/devices.sqlite", folder);
    return 0;
}

static inline int folder_down(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

static inline const char *in_folder(const char *name)
{
    static char text[4][400];
    static unsigned next;
    char *at = text[next++ % 4];
    snprintf(at, sizeof text[0], "%s/%s", folder, name);
    return at;
}

static inline bool is_there(const char *name)
{
    struct stat there;
    return lstat(in_folder(name), &there) == 0;
}

static inline struct wsd_cache *open_cache(bool noted)
{
    struct wsd_cache *cache = NULL;
    struct wsd_error error = {0};
    const char *note = "unset";
    if (wsd_cache_open(path, &cache, &note, &error) < 0) {
        fail_msg("%s: %s", wsd_error_name(error.code), error.message);
    }
    if (noted != (note != NULL)) {
        fail_msg("note: %s", note != NULL ? note : "none");
    }
    return cache;
}

static inline void close_cache(struct wsd_cache *cache)
{
    wsd_cache_close(cache);
}

static inline struct wsd_cached device_of(const char *endpoint, int64_t seen)
{
    return (struct wsd_cached){
        .target.endpoint = endpoint, .first_seen = seen, .last_seen = seen, .friendly_name = "N"};
}

static inline void store(struct wsd_cache *cache, const struct wsd_cached *device)
{
    struct wsd_error error = {0};
    if (wsd_cache_store(cache, device, &error) < 0) {
        fail_msg("%s: %s", wsd_error_name(error.code), error.message);
    }
}

static inline const struct wsd_cached *find(struct wsd_cache *cache, const char *endpoint)
{
    const struct wsd_cached *device = NULL;
    struct wsd_error error = {0};
    int status = wsd_cache_find(cache, endpoint, &device, &error);
    if (status < 0 && status != WSD_E_NOT_FOUND) {
        fail_msg("%s: %s", wsd_error_name(error.code), error.message);
    }
    return device;
}

static inline bool holds(struct wsd_cache *cache, const char *endpoint)
{
    const struct wsd_cached *device = find(cache, endpoint);
    wsd_free(device);
    return device != NULL;
}

static inline size_t count_devices(struct wsd_cache *cache)
{
    const struct wsd_cached_set *set = NULL;
    struct wsd_error error = {0};
    if (wsd_cache_read(cache, &set, &error) < 0) {
        fail_msg("%s: %s", wsd_error_name(error.code), error.message);
    }
    size_t count = set->n_devices;
    wsd_free(set);
    return count;
}

static inline void write_file(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* All of a file; free it. */
static inline char *read_file(const char *name, size_t *ret_size)
{
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *ret_size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*ret_size + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *ret_size, file), *ret_size);
    bytes[*ret_size] = '\0';
    fclose(file);
    return bytes;
}

#endif
