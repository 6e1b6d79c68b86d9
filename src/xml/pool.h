/* SPDX-License-Identifier: MIT */
/*
 * The memory of an expat parser that is used again and again.
 *
 * Expat keeps a table entry for every element and attribute name, and throws the tables away
 * between documents: some ninety allocations for a scanner's configuration. Here the pieces are
 * kept for the next document instead. Bounded: what is kept never passes WSD_POOL_KEPT.
 */
#ifndef WSD_XML_POOL_H
#define WSD_XML_POOL_H

#include <expat.h>
#include <stddef.h>

enum { WSD__POOL_CLASSES = 9, WSD__POOL_SMALLEST = 16, WSD__POOL_KEPT = 128 << 10 };

struct wsd__pool_piece;

struct wsd__pool {
    struct wsd__pool_piece *kept[WSD__POOL_CLASSES]; /* by size: 16, 32 ... 4096 */
    size_t n_bytes;
};

/* Expat's functions are given no context, so the pool in use is named by thread, for the time of
 * one call into expat: enter before, leave with what enter returned after. */
struct wsd__pool *wsd__pool_enter(struct wsd__pool *pool);
void wsd__pool_leave(struct wsd__pool *outer);
extern const XML_Memory_Handling_Suite wsd__pool_suite;
/* Gives back what is kept; after the parser is freed. */
void wsd__pool_free(struct wsd__pool *pool);

#endif
