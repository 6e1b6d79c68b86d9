/* SPDX-License-Identifier: MIT */
/* What a search has heard of targets, merged by endpoint reference. No I/O here. */
#ifndef WSD_DISCOVERY_TARGETS_H
#define WSD_DISCOVERY_TARGETS_H

#include <wsd/discovery.h>

#include "core/arena.h"
#include "discovery/endpoint.h"
#include "discovery/table.h"
#include "discovery/xaddrs.h"

struct wsd__record {
    struct wsd_target *target;
    struct wsd__endpoint_key key;
    struct wsd__address sender; /* of the first answer */
    uint8_t ranks[WSD_MAX_XADDRS];
    struct wsd__address *hosts; /* of the addresses, as many as ranks; n_hosts have room */
    size_t n_hosts;
    bool reported, resolving, doubted;
};

enum { WSD__TYPES_SHARED = 16 };

struct wsd__targets {
    struct wsd_context *context;
    struct wsd__arena *arena; /* of the result */
    bool single;
    uint64_t seed;
    struct wsd__record **records;
    size_t n_records, capacity;
    struct wsd__table table;
    struct wsd_qname shared[WSD__TYPES_SHARED]; /* in the arena */
    unsigned next_shared;
};

/* single: the result is one struct wsd_target instead of a set. */
int wsd__targets_init(struct wsd__targets *targets, struct wsd_context *context, bool single);
void wsd__targets_free(struct wsd__targets *targets);
/* Merges an answer. *ret is the record, NULL when the match is not usable (no address). Fails with
 * WSD_E_NO_MEMORY or WSD_E_LIMIT. */
int wsd__targets_merge(struct wsd__targets *targets, const struct wsd_target_message *match,
                       const struct wsd__heard *heard, uint32_t instance_id, uint32_t delay,
                       struct wsd__record **ret);
/* Hands the result over: a set, or (single) the target, NULL if there is none. */
const void *wsd__targets_take(struct wsd__targets *targets, uint32_t n_dropped);

#endif
