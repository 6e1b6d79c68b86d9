/* SPDX-License-Identifier: MIT */
/*
 * A file in the place of the cache of devices.
 *
 * It is opened, or set aside with all its bytes, or of a newer version; what is open then can be
 * read, and keeps a device that is stored.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "discovery/cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], path[128], aside[160];

static void require_at(bool fine, int line)
{
    if (!fine) {
        fprintf(stderr, "line %d\n", line);
        abort();
    }
}
#define require(fine) require_at(fine, __LINE__)

static void clean(void)
{
    static const char *const beside[] = {"", "-journal", "-wal", "-shm"};
    char name[200];
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(name, sizeof name, "%s%s", path, beside[i]);
        unlink(name);
        snprintf(name, sizeof name, "%s%s", aside, beside[i]);
        unlink(name);
    }
}

/* A folder for each input: the fuzzer does not say when it ends. */
static void make_place(void)
{
    bool memory = access("/dev/shm", W_OK) == 0;
    snprintf(folder, sizeof folder, "%s/wsd-fuzz-XXXXXX", memory ? "/dev/shm" : "/tmp");
    require(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/c", folder);
    snprintf(aside, sizeof aside, "%s.damaged-1", path);
}

static void put(const uint8_t *data, size_t size)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void require_aside(const uint8_t *data, size_t size)
{
    int fd = open(aside, O_RDONLY);
    uint8_t *bytes = malloc(size + 1);
    require(fd >= 0 && bytes != NULL);
    require(read(fd, bytes, size + 1) == (ssize_t)size && memcmp(bytes, data, size) == 0);
    free(bytes);
    close(fd);
}

static void require_usable(struct wsd_cache *cache)
{
    const struct wsd_cached_set *set = NULL;
    const struct wsd_cached *found = NULL;
    struct wsd_cached device = {.target.endpoint = "urn:stored", .last_seen = INT64_MAX};
    require(wsd_cache_read(cache, &set, NULL) == 0);
    for (size_t i = 0; i < set->n_devices; i++) {
        require(strlen(set->devices[i].friendly_name) <= WSD_MAX_CACHED_TEXT);
        require(wsd_cache_drop(cache, set->devices[i].target.endpoint, NULL) == 0);
    }
    wsd_free(set);
    require(wsd_cache_store(cache, &device, NULL) == 0);
    require(wsd_cache_find(cache, "urn:stored", &found, NULL) == 0);
    wsd_free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wsd_cache *cache = NULL;
    const char *note = NULL;
    make_place();
    put(data, size);
    int status = wsd_cache_open(path, &cache, &note, NULL);
    require(status == 0 || status == WSD_E_UNSUPPORTED);
    if (note != NULL) {
        require_aside(data, size);
    }
    if (status == 0) {
        require_usable(cache);
    }
    wsd_cache_close(cache);
    clean();
    rmdir(folder);
    return 0;
}
