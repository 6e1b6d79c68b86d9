/* SPDX-License-Identifier: MIT */
/*
 * The cache of devices as the commands use it. A cache that cannot be read or written is no reason
 * to fail: that is told with --debug, and everything goes on without it.
 */
#ifndef WSD_APPS_KNOWN_H
#define WSD_APPS_KNOWN_H

#include <wsd/cache.h>

#include "session.h"

struct finding;

/* A device that was heard of so lately need not be written again if it says the same. */
#define KNOWN_FRESH_S 600
/* Devices of one search that are stored: each is a transaction of its own. */
#define KNOWN_LIST_MAX 4096

/* NULL with --no-cache or when there is none. */
struct wsd_cache *known_open(struct session *session);

/* What is in it, NULL if that is not known; free with wsd_free(). */
const struct wsd_cached_set *known_read(struct session *session, struct wsd_cache *cache);

/* Devices that were found, kept in order to be stored when nobody waits any more. Zero it. */
struct known_list {
    struct known *first;
    struct known_block *blocks;
    size_t n;
};
void known_list_add(struct known_list *list, const struct finding *finding);
/* Stores in `cache` (NULL: nowhere) what is news to it, and empties the list. */
void known_list_store(struct known_list *list, struct session *session, struct wsd_cache *cache);

#endif
