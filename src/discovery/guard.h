/* SPDX-License-Identifier: MIT */
/* What keeps a responder from being a weapon: duplicate memory, rate limits, who may ask. */
#ifndef WSD_DISCOVERY_GUARD_H
#define WSD_DISCOVERY_GUARD_H

#include "core/limits.h"
#include "soap/udp.h"

struct wsd__bucket {
    uint64_t key, refilled; /* refilled: milliseconds */
    uint64_t thousandths;   /* of a token */
};

enum { WSD__PEER_BUCKETS = 512 };

struct wsd__guard {
    uint64_t seed;
    uint32_t per_second, per_second_per_peer; /* UINT32_MAX: none */
    struct wsd__bucket all, peers[WSD__PEER_BUCKETS];
    struct {
        uint64_t hash, when;
    } seen[WSD_MAX_SEEN_IDS];
    size_t next_seen, n_seen;
};

/* NULL, or why this sender gets no answer (T2, T3, T5). */
const char *wsd__guard_sender(const struct wsd__interfaces *interfaces,
                              const struct wsd__datagram *datagram, bool off_link);
/* Takes cost tokens of the peer and of all; false when there are not so many (T6). */
bool wsd__guard_spend(struct wsd__guard *guard, const struct wsd__address *peer, unsigned cost,
                      uint64_t now);
/* True if this request came before: same MessageID, interface, family and sender. */
bool wsd__guard_seen(struct wsd__guard *guard, const struct wsd__datagram *datagram,
                     const char *message_id, uint64_t now);

#endif
