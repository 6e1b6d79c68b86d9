/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing, at most half full; what is taken out leaves no mark, those
 * behind it move up. */
#include "discovery/table.h"

#include <stdlib.h>
#include <string.h>

#include <wsd/error.h>

enum { FIRST_SLOTS = 64 };

static void put(struct wsd__table *table, uint64_t hash, void *value)
{
    size_t at = (size_t)hash & (table->n_slots - 1);
    while (table->slots[at].value != NULL) {
        at = (at + 1) & (table->n_slots - 1);
    }
    table->slots[at] = (struct wsd__table_slot){hash, value};
    table->n_values++;
}

int wsd__table_add(struct wsd__table *table, uint64_t hash, void *value)
{
    if (table->n_values * 2 >= table->n_slots) {
        struct wsd__table larger = {.n_slots = table->n_slots ? table->n_slots * 2 : FIRST_SLOTS};
        larger.slots = calloc(larger.n_slots, sizeof *larger.slots);
        if (larger.slots == NULL) {
            return WSD_E_NO_MEMORY;
        }
        for (size_t i = 0; i < table->n_slots; i++) {
            if (table->slots[i].value != NULL) {
                put(&larger, table->slots[i].hash, table->slots[i].value);
            }
        }
        free(table->slots);
        *table = larger;
    }
    put(table, hash, value);
    return 0;
}

void *wsd__table_next(const struct wsd__table *table, uint64_t hash, size_t *cursor)
{
    for (; *cursor < table->n_slots; (*cursor)++) {
        size_t at = ((size_t)hash + *cursor) & (table->n_slots - 1);
        if (table->slots[at].value == NULL) {
            return NULL;
        }
        if (table->slots[at].hash == hash) {
            (*cursor)++;
            return table->slots[at].value;
        }
    }
    return NULL;
}

void wsd__table_remove(struct wsd__table *table, uint64_t hash, const void *value)
{
    size_t mask = table->n_slots - 1, hole = (size_t)hash & mask;
    while (table->slots[hole].value != value) {
        hole = (hole + 1) & mask;
    }
    for (size_t at = (hole + 1) & mask; table->slots[at].value != NULL; at = (at + 1) & mask) {
        size_t home = (size_t)table->slots[at].hash & mask;
        /* Only one whose way from home leads over the hole may move into it. */
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].value = NULL;
    table->n_values--;
}

void wsd__table_free(struct wsd__table *table)
{
    free(table->slots);
    *table = (struct wsd__table){0};
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ value >> 32) * 0xd6e8feb86659fd93u;
    value = (value ^ value >> 29) * 0xa0761d6478bd642fu;
    return value ^ value >> 32;
}

uint64_t wsd__hash(uint64_t seed, const void *bytes, size_t size)
{
    const char *at = bytes;
    uint64_t hash = mix(seed ^ size);
    for (; size >= 8; at += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        hash = mix(hash ^ word) + seed;
    }
    uint64_t rest = 0;
    if (size > 0) {
        memcpy(&rest, at, size);
    }
    return mix(hash ^ rest);
}
