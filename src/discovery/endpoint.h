/* SPDX-License-Identifier: MIT */
/* The identity of a target service: its endpoint reference, compared as a UUID where it is one. */
#ifndef WSD_DISCOVERY_ENDPOINT_H
#define WSD_DISCOVERY_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wsd__endpoint_key {
    bool is_uuid;
    uint8_t uuid[16];
    const char *text; /* trimmed; not owned */
    size_t length;
    uint64_t hash;
};

void wsd__endpoint_key(uint64_t seed, const char *text, struct wsd__endpoint_key *ret);
bool wsd__endpoint_key_equal(const struct wsd__endpoint_key *a, const struct wsd__endpoint_key *b);

#endif
