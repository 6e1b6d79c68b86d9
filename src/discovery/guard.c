/* SPDX-License-Identifier: MIT */
/*
 * The rules T2, T3, T5 and T6 of the discovery sheet, and its duplicate suppression (6.3).
 *
 * Everything has a fixed size. Peers share buckets when their hashes meet in one slot: the slot
 * then belongs to who came last, and the limit over all still holds.
 */
#include "discovery/guard.h"

#include <string.h>

#include "discovery/table.h"

/* Services that answer whatever comes, and would answer our answers. */
static bool is_echoing(uint16_t port)
{
    static const uint16_t ports[] = {0, 7, 13, 17, 19, 53, 123, 1900};
    for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
        if (ports[i] == port) {
            return true;
        }
    }
    return false;
}

const char *wsd__guard_sender(const struct wsd__interfaces *interfaces,
                              const struct wsd__datagram *datagram, bool off_link)
{
    const struct wsd__address *peer = &datagram->peer;
    const struct wsd__interface *interface = wsd__interfaces_find(interfaces, datagram->interface);
    if (datagram->unusable != NULL) {
        return datagram->unusable;
    }
    if (is_echoing(datagram->peer_port)) {
        return "from the port of a service that would answer";
    }
    if (interface == NULL || !interface->usable) {
        return "from an interface that is not in use";
    }
    if (wsd__address_is_group(peer)) {
        return "from an address that is no host's";
    }
    bool on_loopback = (interface->flags & IFF_LOOPBACK) != 0;
    if (wsd__address_is_loopback(peer) && !on_loopback) {
        return "from a loopback address";
    }
    /* A program of this machine may search like any other: the system lets no datagram with our
     * own address in from outside. From the port of discovery itself it would be a loop. */
    if (wsd__interfaces_own(interfaces, peer)) {
        return datagram->peer_port == WSD__DISCOVERY_PORT ? "from our own port" : NULL;
    }
    /* What came to the group over IPv6 crossed no router: ff02:: is the link's own. */
    if (!off_link && !wsd__interfaces_on_link(interfaces, peer, datagram->interface)) {
        return "from outside our networks";
    }
    return NULL;
}

/* A bucket holds what one second brings, twice over: searches come in bursts. */
static void refill(struct wsd__bucket *bucket, uint32_t per_second, uint64_t now)
{
    uint64_t most = (uint64_t)per_second * 2000;
    uint64_t passed = now - bucket->refilled;
    bucket->refilled = now;
    bucket->thousandths += (passed > 2000 ? 2000 : passed) * per_second;
    if (bucket->thousandths > most) {
        bucket->thousandths = most;
    }
}

bool wsd__guard_spend(struct wsd__guard *guard, const struct wsd__address *peer, unsigned cost,
                      uint64_t now)
{
    uint64_t key = wsd__hash(guard->seed, peer->bytes, sizeof peer->bytes) | 1;
    struct wsd__bucket *own = &guard->peers[key / 2 % WSD__PEER_BUCKETS];
    uint64_t price = (uint64_t)cost * 1000;
    bool all_limited = guard->per_second != UINT32_MAX;
    bool own_limited = guard->per_second_per_peer != UINT32_MAX;
    if (own->key != key) {
        *own = (struct wsd__bucket){.key = key, .refilled = now};
        own->thousandths = (uint64_t)guard->per_second_per_peer * 2000;
    }
    if (guard->all.key == 0) {
        guard->all = (struct wsd__bucket){.key = 1, .refilled = now};
        guard->all.thousandths = (uint64_t)guard->per_second * 2000;
    }
    refill(own, guard->per_second_per_peer, now);
    refill(&guard->all, guard->per_second, now);
    if ((own_limited && own->thousandths < price) ||
        (all_limited && guard->all.thousandths < price)) {
        return false;
    }
    own->thousandths -= own_limited ? price : 0;
    guard->all.thousandths -= all_limited ? price : 0;
    return true;
}

bool wsd__guard_seen(struct wsd__guard *guard, const struct wsd__datagram *datagram,
                     const char *message_id, uint64_t now)
{
    uint64_t link = (uint64_t)datagram->interface << 8 | (uint64_t)datagram->peer.family;
    uint64_t hash = wsd__hash(guard->seed ^ link, message_id, strlen(message_id));
    hash = wsd__hash(hash, datagram->peer.bytes, sizeof datagram->peer.bytes);
    for (size_t i = 0; i < guard->n_seen; i++) {
        if (guard->seen[i].hash == hash && now - guard->seen[i].when < WSD_SEEN_ID_LIFETIME) {
            return true;
        }
    }
    guard->seen[guard->next_seen].hash = hash;
    guard->seen[guard->next_seen].when = now;
    guard->next_seen = (guard->next_seen + 1) % WSD_MAX_SEEN_IDS;
    if (guard->n_seen < WSD_MAX_SEEN_IDS) {
        guard->n_seen++;
    }
    return false;
}
