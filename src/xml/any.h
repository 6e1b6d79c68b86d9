/* SPDX-License-Identifier: MIT */
/* What a table does not know: captured as a small tree, kept, written back. */
#ifndef WSD_XML_ANY_H
#define WSD_XML_ANY_H

#include "core/arena.h"
#include "xml/reader.h"

/* A node for the element that starts, with its attributes and declarations; NULL: no memory. */
struct wsd_any *wsd__any_element(struct wsd__reader *reader, const struct wsd__name *name);
struct wsd_any *wsd__any_attribute(struct wsd__reader *reader,
                                   const struct wsd__attribute *attribute);
struct wsd_any *wsd__any_text(struct wsd__arena *arena, const char *text, size_t length);
/* Declares on a captured element those prefixes in scope that its content relies on (QNames in
 * text and attribute values), so that the copy stands alone. False: no memory. */
bool wsd__any_complete(struct wsd__reader *reader, struct wsd_any *element);
/* True if text or an attribute's value in it has "prefix:", as a qualified name would. */
bool wsd__any_mentions(const struct wsd_any *any, const char *prefix);
struct wsd_any *wsd__any_copy(struct wsd__arena *arena, const struct wsd_any *list, bool *ok);
/* The elements of n lists as one, each marked to stand at the end of a structure: reference
 * properties and parameters to be headers, extensions to be written. One piece of memory, for
 * free(); what is below the elements is still that of the lists. *ret is NULL if there is none. */
int wsd__any_join(const struct wsd_any *const *lists, size_t n, struct wsd_any **ret);
bool wsd__any_equal(const struct wsd_any *a, const struct wsd_any *b);

#endif
