/* SPDX-License-Identifier: MIT */
/* The memory of an expat parser; see pool.h. */
#include "xml/pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In front of each piece; as large as the strictest alignment. */
struct wsd__pool_piece {
    union {
        struct {
            size_t size;                  /* that may be used */
            struct wsd__pool_piece *next; /* while it is kept */
        };
        max_align_t align;
    };
};

/* Set only while a call into expat runs: no state that outlives it. */
static _Thread_local struct wsd__pool *current;

struct wsd__pool *wsd__pool_enter(struct wsd__pool *pool)
{
    struct wsd__pool *outer = current;
    current = pool;
    return outer;
}

void wsd__pool_leave(struct wsd__pool *outer)
{
    current = outer;
}

/* The class of the smallest pieces that hold size; WSD__POOL_CLASSES for what is not kept. */
static unsigned class_of(size_t size)
{
    unsigned number = 0;
    for (size_t fits = WSD__POOL_SMALLEST; number < WSD__POOL_CLASSES && fits < size; fits *= 2)
        number++;
    return number;
}

static void *pool_malloc(size_t size)
{
    unsigned number = class_of(size);
    if (current && number < WSD__POOL_CLASSES && current->kept[number]) {
        struct wsd__pool_piece *piece = current->kept[number];
        current->kept[number] = piece->next;
        current->n_bytes -= piece->size;
        return piece + 1;
    }
    if (number < WSD__POOL_CLASSES)
        size = (size_t)WSD__POOL_SMALLEST << number;
    if (size > SIZE_MAX - sizeof(struct wsd__pool_piece))
        return NULL;
    struct wsd__pool_piece *piece = malloc(sizeof *piece + size);
    if (!piece)
        return NULL;
    piece->size = size;
    return piece + 1;
}

static void pool_release(void *memory)
{
    if (!memory)
        return;
    struct wsd__pool_piece *piece = (struct wsd__pool_piece *)memory - 1;
    unsigned number = class_of(piece->size);
    if (!current || number == WSD__POOL_CLASSES ||
        current->n_bytes + piece->size > WSD__POOL_KEPT) {
        free(piece);
        return;
    }
    piece->next = current->kept[number];
    current->kept[number] = piece;
    current->n_bytes += piece->size;
}

static void *pool_realloc(void *memory, size_t size)
{
    if (!memory)
        return pool_malloc(size);
    size_t old = ((struct wsd__pool_piece *)memory - 1)->size;
    if (size <= old)
        return memory;
    void *moved = pool_malloc(size);
    if (moved) {
        memcpy(moved, memory, old);
        pool_release(memory);
    }
    return moved;
}

const XML_Memory_Handling_Suite wsd__pool_suite = {pool_malloc, pool_realloc, pool_release};

void wsd__pool_free(struct wsd__pool *pool)
{
    for (unsigned i = 0; i < WSD__POOL_CLASSES; i++) {
        while (pool->kept[i]) {
            struct wsd__pool_piece *piece = pool->kept[i];
            pool->kept[i] = piece->next;
            free(piece);
        }
    }
    pool->n_bytes = 0;
}
