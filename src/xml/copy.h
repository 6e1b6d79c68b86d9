/* SPDX-License-Identifier: MIT */
/* Deep copy of a struct into an arena that is already there. */
#ifndef WSD_XML_COPY_H
#define WSD_XML_COPY_H

#include "core/arena.h"
#include "xml/schema.h"

/* False when memory is short; what was copied stays in the arena. */
bool wsd__copy_into(const struct wsd_type *type, const void *from, void *to,
                    struct wsd__arena *arena);

#endif
