/* SPDX-License-Identifier: MIT */
/*
 * Memory of one result: many small pieces, given back as one.
 *
 * An arena begins with its root object, so that a pointer to a result is enough to free all of it
 * (wsd_free). A byte budget bounds what a peer can make us hold. Not for the caller's threads: one
 * owner at a time.
 */
#ifndef WSD_CORE_ARENA_H
#define WSD_CORE_ARENA_H

#include <stddef.h>

struct wsd__arena;

/* An arena whose root object has root_size zeroed bytes; NULL when memory is short. `hint` is how
 * much is expected to be needed in all. */
struct wsd__arena *wsd__arena_new(size_t root_size, size_t hint, size_t budget);
void *wsd__arena_root(struct wsd__arena *arena);
struct wsd__arena *wsd__arena_of(const void *root);
/* Zeroed and aligned for any type; NULL when memory or budget is spent. */
void *wsd__arena_alloc(struct wsd__arena *arena, size_t size);
/* Moves or extends a piece; what is new is zeroed. */
void *wsd__arena_grow(struct wsd__arena *arena, void *old, size_t old_size, size_t new_size);
char *wsd__arena_strndup(struct wsd__arena *arena, const char *text, size_t length);
char *wsd__arena_strdup(struct wsd__arena *arena, const char *text);
size_t wsd__arena_used(const struct wsd__arena *arena);
/* Makes a copy of value, which lives in the arena of root, the root of that arena: the result that
 * was asked for in place of the message that it came in. NULL: no memory, nothing changed. */
const void *wsd__arena_reroot(const void *root, const void *value, size_t size);
/* Makes root keep the memory of other, a result too, which must not be freed any more. */
void wsd__arena_join(const void *root, const void *other);
void wsd__arena_free(struct wsd__arena *arena);

#endif
