/* SPDX-License-Identifier: MIT */
/*
 * The arena: chunks that double, pieces cut off the newest. The header lies at the start of the
 * first chunk and the root right behind it, so that one malloc serves a small result.
 */
#include "core/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wsd/types.h>

#define ALIGNMENT     16u
#define ALIGN_UP(n)   (((n) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1))
#define CHUNK_MINIMUM 1024u

struct chunk {
    struct chunk *next;
    size_t size; /* of data */
};

struct wsd__arena {
    uint32_t magic; /* tells a result from a stray pointer */
    struct chunk *chunks;
    char *cursor, *end;
    size_t used, budget, next_size;
};

#define MAGIC       0x57534441u
#define HEADER_SIZE ALIGN_UP(sizeof(struct wsd__arena))
#define CHUNK_SIZE  ALIGN_UP(sizeof(struct chunk))

static struct chunk *chunk_new(size_t size)
{
    struct chunk *chunk = malloc(CHUNK_SIZE + size);
    if (chunk) {
        chunk->next = NULL;
        chunk->size = size;
    }
    return chunk;
}

struct wsd__arena *wsd__arena_new(size_t root_size, size_t hint, size_t budget)
{
    root_size = ALIGN_UP(root_size ? root_size : 1);
    size_t size = HEADER_SIZE + root_size + ALIGN_UP(hint);
    struct chunk *chunk = chunk_new(size < CHUNK_MINIMUM ? CHUNK_MINIMUM : size);
    if (!chunk)
        return NULL;
    struct wsd__arena *arena = (struct wsd__arena *)(void *)((char *)chunk + CHUNK_SIZE);
    *arena = (struct wsd__arena){.magic = MAGIC, .chunks = chunk, .budget = budget};
    arena->cursor = (char *)arena + HEADER_SIZE + root_size;
    arena->end = (char *)chunk + CHUNK_SIZE + chunk->size;
    arena->used = chunk->size;
    arena->next_size = chunk->size * 2;
    memset((char *)arena + HEADER_SIZE, 0, root_size);
    return arena;
}

void *wsd__arena_root(struct wsd__arena *arena)
{
    return (char *)arena + HEADER_SIZE;
}

struct wsd__arena *wsd__arena_of(const void *root)
{
    if (!root)
        return NULL;
    struct wsd__arena *arena = (struct wsd__arena *)(uintptr_t)((const char *)root - HEADER_SIZE);
    return arena->magic == MAGIC ? arena : NULL;
}

static bool add_chunk(struct wsd__arena *arena, size_t need)
{
    size_t size = need > arena->next_size ? need : arena->next_size;
    if (size > arena->budget - arena->used)
        size = need;
    if (arena->used > arena->budget || size > arena->budget - arena->used)
        return false;
    struct chunk *chunk = chunk_new(size);
    if (!chunk)
        return false;
    chunk->next = arena->chunks->next; /* the first stays first: it holds the header */
    arena->chunks->next = chunk;
    arena->cursor = (char *)chunk + CHUNK_SIZE;
    arena->end = arena->cursor + size;
    arena->used += size;
    arena->next_size = size * 2;
    return true;
}

static void *take(struct wsd__arena *arena, size_t size)
{
    if (size > arena->budget)
        return NULL;
    size = ALIGN_UP(size);
    if (size > (size_t)(arena->end - arena->cursor) && !add_chunk(arena, size))
        return NULL;
    void *piece = arena->cursor;
    arena->cursor += size;
    return piece;
}

void *wsd__arena_alloc(struct wsd__arena *arena, size_t size)
{
    void *piece = take(arena, size ? size : 1);
    return piece ? memset(piece, 0, size) : NULL;
}

void *wsd__arena_grow(struct wsd__arena *arena, void *old, size_t old_size, size_t new_size)
{
    char *end = old ? (char *)old + ALIGN_UP(old_size) : NULL;
    if (end && end == arena->cursor && new_size <= (size_t)(arena->end - (char *)old)) {
        arena->cursor = (char *)old + ALIGN_UP(new_size);
        if (arena->cursor > arena->end)
            arena->cursor = arena->end;
        memset((char *)old + old_size, 0, new_size - old_size);
        return old;
    }
    char *piece = wsd__arena_alloc(arena, new_size);
    if (piece && old_size)
        memcpy(piece, old, old_size);
    return piece;
}

/* Text needs no alignment, but the piece after it does. */
char *wsd__arena_strndup(struct wsd__arena *arena, const char *text, size_t length)
{
    char *copy = length < SIZE_MAX - ALIGNMENT ? take(arena, length + 1) : NULL;
    if (copy) {
        if (length)
            memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *wsd__arena_strdup(struct wsd__arena *arena, const char *text)
{
    return wsd__arena_strndup(arena, text, strlen(text));
}

const void *wsd__arena_reroot(const void *root, const void *value, size_t size)
{
    struct wsd__arena *old = wsd__arena_of(root);
    struct wsd__arena *arena = wsd__arena_new(size, 0, old->budget);
    if (!arena)
        return NULL;
    memcpy(wsd__arena_root(arena), value, size);
    arena->used += old->used;
    arena->chunks->next = old->chunks; /* the old header is data from now on */
    return wsd__arena_root(arena);
}

void wsd__arena_join(const void *root, const void *other)
{
    struct wsd__arena *arena = wsd__arena_of(root), *joined = wsd__arena_of(other);
    struct chunk *last = joined->chunks;
    while (last->next)
        last = last->next;
    last->next = arena->chunks->next;
    arena->chunks->next = joined->chunks;
    arena->used += joined->used;
    joined->magic = 0;
}

size_t wsd__arena_used(const struct wsd__arena *arena)
{
    return arena->used;
}

void wsd__arena_free(struct wsd__arena *arena)
{
    if (!arena)
        return;
    arena->magic = 0;
    for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
}

void wsd_free(const void *result)
{
    wsd__arena_free(wsd__arena_of(result));
}
