/* SPDX-License-Identifier: MIT */
/* A hash table of pointers. Keys stay with their owners: it is asked by hash, and the caller
 * compares. Hashes are seeded, since peers choose what is hashed. */
#ifndef WSD_DISCOVERY_TABLE_H
#define WSD_DISCOVERY_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct wsd__table_slot {
    uint64_t hash;
    void *value; /* NULL: free */
};

struct wsd__table {
    struct wsd__table_slot *slots;
    size_t n_slots, n_values; /* n_slots is a power of two */
};

/* value is not NULL. Fails with WSD_E_NO_MEMORY. */
int wsd__table_add(struct wsd__table *table, uint64_t hash, void *value);
/* The next value with that hash, NULL after the last; *cursor starts at 0. */
void *wsd__table_next(const struct wsd__table *table, uint64_t hash, size_t *cursor);
/* Takes one out that is in. Not between two calls of wsd__table_next with one cursor. */
void wsd__table_remove(struct wsd__table *table, uint64_t hash, const void *value);
void wsd__table_free(struct wsd__table *table);

uint64_t wsd__hash(uint64_t seed, const void *bytes, size_t size);

#endif
